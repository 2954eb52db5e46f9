-- Put a finished job back into its mailbox, with its edited text where there is one. One whose
-- answer or outcome is known already but whose end is not written yet goes back as soon as it is.
-- ARGV  job, order (microseconds)
-- Returns 1, or 0 where it is unknown, withdrawn, or already on its way.
local job, order = unpack(ARGV)
local key = base .. 'job:' .. job
local state, lab, mailbox, outcome, cancel =
  unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox', 'outcome', 'cancel'))
if not mailbox or outcome == 'withdrawn' or cancel == 'withdrawn' then
  return 0
elseif state == 'running' and (outcome or redis.call('HEXISTS', key, 'draft') == 1) then
  return redis.call('HSETNX', key, 'again', order)
elseif state ~= 'done' then
  return 0
end
ask_again(lab, mailbox, job, order)
return 1
