-- Start the first job of a mailbox whose ready entry this consumer holds, and renew its lease.
-- `takes` counts the starts that came after no clean release: something of those may stand in Slack.
-- ARGV  lab, entry, consumer, mailbox
-- Returns {job, its fields, the thread's turns}, or nil where nothing is left, another holds it, or
-- the lab holds such jobs.
local lab, entry, consumer, mailbox = unpack(ARGV)
if owner(lab, entry) ~= consumer then
  return nil
end
redis.call('XCLAIM', base .. 'ready:' .. lab, GROUP, consumer, 0, entry, 'IDLE', 0, 'JUSTID')
while true do
  local job = redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1]
  if not job then
    drop_entry(lab, entry)
    redis.call('HDEL', base .. 'active', mailbox)
    return nil
  end
  local key = base .. 'job:' .. job
  local own = redis.call('HGET', key, 'lab')
  if own and waits(job, redis.call('HGET', base .. 'held', own)) then
    local asked = tonumber(redis.call('HGET', key, 'at') or 0)
    redis.call('HSET', key, 'state', 'queued')
    redis.call('ZADD', base .. 'parked:' .. own, asked, mailbox)
    redis.call('HSET', base .. 'active', mailbox, 'held:' .. own)
    drop_entry(lab, entry)
    return nil
  end
  if redis.call('EXISTS', key) == 1 then
    redis.call('HSET', key, 'state', 'running')
    redis.call('HINCRBY', key, 'takes', 1 - redis.call('HEXISTS', key, 'clean'))
    redis.call('ZADD', base .. 'mailbox:' .. mailbox, 'XX', 0, job) -- it stays first, whoever comes late
    local fields = redis.call('HGETALL', key)
    redis.call('HDEL', key, 'clean')
    return { job, fields, redis.call('HGETALL', base .. 'thread:' .. mailbox) }
  end
  redis.call('ZREM', base .. 'mailbox:' .. mailbox, job) -- purged while it waited
  redis.call('HDEL', base .. 'cancelled', job)
end
