-- Put a finished job back into its mailbox, with its edited text where there is one.
-- ARGV  job, order (microseconds)
-- Returns 1, or 0 where it is unknown, withdrawn, or already on its way.
local job, order = unpack(ARGV)
local key = base .. 'job:' .. job
local state, lab, mailbox, edit, outcome =
  unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox', 'edit', 'outcome'))
if state ~= 'done' or not mailbox or outcome == 'withdrawn' then
  return 0
end
redis.call('HDEL', key, 'draft', 'edit', 'cancel', 'outcome', 'takes')
redis.call('HSET', key, 'state', 'queued', 'tries', 0)
if edit then
  redis.call('HSET', key, 'text', edit)
end
redis.call('PERSIST', key)
put(lab, mailbox, job, order)
return 1
