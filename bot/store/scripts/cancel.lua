-- Ask that a job ends early: a running one hears of it at its worker's next pulse, a waiting one
-- when it starts. An unknown job leaves a mark, so that a question that arrives after its own
-- deletion stays unanswered; a question deleted after its answer ended bears one, too, so that
-- nothing more is shown for it.
-- ARGV  job, reason, ttl of the mark (s; 0 leaves none)
-- Returns the state found: 'queued', 'running', 'done' or 'unknown'.
local job, reason, ttl = unpack(ARGV)
local key = base .. 'job:' .. job
local state = redis.call('HGET', key, 'state')
if not state then
  if tonumber(ttl) > 0 then
    redis.call('HSET', key, 'state', 'done', 'cancel', reason)
    redis.call('EXPIRE', key, ttl)
  end
  return 'unknown'
end
if state == 'done' and reason == 'withdrawn' then
  redis.call('HSET', key, 'cancel', reason)
elseif state ~= 'done' then
  local lab, mailbox = unpack(redis.call('HMGET', key, 'lab', 'mailbox'))
  redis.call('HSET', key, 'cancel', reason)
  redis.call('HSET', base .. 'cancelled', job, reason)
  if redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1] == job then
    redis.call('ZADD', base .. 'delayed', 'XX', 0, lab .. '|' .. mailbox)
  end
end
return state
