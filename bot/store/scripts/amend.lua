-- Change the fields of a job that has not ended, and wake it where it rests.
-- ARGV  job, field, value, ...
-- Returns 1, or 0 where it is unknown or has ended.
local job = ARGV[1]
local key = base .. 'job:' .. job
local state, lab, mailbox = unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox'))
if not mailbox or state == 'done' then
  return 0
end
redis.call('HSET', key, unpack(ARGV, 2))
redis.call('ZADD', base .. 'delayed', 'XX', 0, lab .. '|' .. mailbox)
return 1
