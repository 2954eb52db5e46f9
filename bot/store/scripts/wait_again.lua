-- Let a `confirm` job that has ended wait once more, for a later edit of the same message, or its files.
-- ARGV  job, when the edit was made or the files were read (microseconds), field, value, ...
-- Returns 1, or 0 where the job is unknown, waits still, or has heard of this edit before.
local job, edited = unpack(ARGV, 1, 2)
local key = base .. 'job:' .. job
local state, lab, mailbox, heard = unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox', 'edited'))
if not mailbox or state ~= 'done' or tonumber(heard or 0) >= tonumber(edited) then
  return 0
end
ask_again(lab, mailbox, job, edited)
redis.call('HDEL', key, 'shown')
redis.call('HSET', key, unpack(ARGV, 3))
return 1
