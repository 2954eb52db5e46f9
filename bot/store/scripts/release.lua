-- Give a job back unfinished: at once (hand-over) or after a delay (retry); order is kept.
-- ARGV  lab, entry, consumer, mailbox, job, delay (ms), 1 to count a try, 1 if all that stands in
--       Slack is recorded, 1 if a cancellation was heard (else it ends the delay)
-- Returns 1, or 0 where another worker owns the job or it was purged.
local lab, entry, consumer, mailbox, job, delay, counts, clean, heard = unpack(ARGV)
if owner(lab, entry) ~= consumer then
  return 0
end
drop_entry(lab, entry)
if not is_kept(job) then
  redis.call('HDEL', base .. 'cancelled', job)
  next_up(lab, mailbox)
  return 0
end
redis.call('HSET', base .. 'job:' .. job, 'state', 'queued')
redis.call('HINCRBY', base .. 'job:' .. job, 'tries', counts)
if clean == '1' then
  redis.call('HSET', base .. 'job:' .. job, 'clean', 1)
end
local woken = heard == '0' and redis.call('HEXISTS', base .. 'cancelled', job) == 1
if tonumber(delay) > 0 and not woken then
  redis.call('ZADD', base .. 'delayed', now_ms() + delay, lab .. '|' .. mailbox)
  redis.call('HSET', base .. 'active', mailbox, 'delayed')
else
  make_ready(lab, mailbox)
end
return 1
