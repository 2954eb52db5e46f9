-- Keep a person's thumb on an answer: the last one counts, every change is in the journal.
-- ARGV  answer (a job), user, thumb, ttl (s), lab, journal line
-- Returns 1, or 0 where the same thumb stood already.
local job, user, thumb, ttl, lab, line = unpack(ARGV)
local key = base .. 'votes:' .. job
if redis.call('HGET', key, user) == thumb then
  return 0
end
redis.call('HSET', key, user, thumb)
redis.call('EXPIRE', key, ttl)
redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
return 1
