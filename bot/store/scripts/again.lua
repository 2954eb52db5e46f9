-- Put a finished job back into its mailbox, with its edited text where there is one. One whose
-- answer or outcome is known already but whose end is not written yet goes back as soon as it is.
-- ARGV  job, order (microseconds), field, value, ... that the job is to have where it goes back
-- Returns 1, or 0 where it is unknown, withdrawn, or already on its way.
local job, order = unpack(ARGV, 1, 2)
local key = base .. 'job:' .. job
local state, lab, mailbox, outcome, cancel =
  unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox', 'outcome', 'cancel'))
if not mailbox or outcome == 'withdrawn' or cancel == 'withdrawn' then
  return 0
end
local ending = state == 'running' and (outcome or redis.call('HEXISTS', key, 'draft') == 1)
if state ~= 'done' and not ending then
  return 0
end
if ARGV[3] then
  redis.call('HSET', key, unpack(ARGV, 3))
end
if ending then
  return redis.call('HSETNX', key, 'again', order)
end
ask_again(lab, mailbox, job, order)
return 1
