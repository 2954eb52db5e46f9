-- Give a job back unfinished: at once (hand-over) or after a delay (retry); order is kept.
-- ARGV  lab, entry, consumer, mailbox, job, delay (ms), 1 to count a try
-- Returns 1, or 0 where another worker owns the job.
local lab, entry, consumer, mailbox, job, delay, counts = unpack(ARGV)
if owner(lab, entry) ~= consumer then
  return 0
end
drop_entry(lab, entry)
redis.call('HSET', base .. 'job:' .. job, 'state', 'queued')
redis.call('HINCRBY', base .. 'job:' .. job, 'tries', counts)
if tonumber(delay) > 0 and redis.call('HEXISTS', base .. 'cancelled', job) == 0 then
  redis.call('ZADD', base .. 'delayed', now_ms() + delay, lab .. '|' .. mailbox)
  redis.call('HSET', base .. 'active', mailbox, 'delayed')
else
  make_ready(lab, mailbox)
end
return 1
