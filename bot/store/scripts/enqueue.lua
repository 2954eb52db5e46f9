-- Claim a job by its id and put it into its mailbox: the same id is taken once, ever.
-- ARGV  lab, mailbox, job, order (microseconds), limit (jobs a mailbox holds), field, value, ...
-- Returns 'queued', 'known' (claimed before) or 'full'.
local lab, mailbox, job, order, limit = unpack(ARGV, 1, 5)
local key = base .. 'job:' .. job
if redis.call('EXISTS', key) == 1 then
  return 'known'
end
if redis.call('ZCARD', base .. 'mailbox:' .. mailbox) >= tonumber(limit) then
  return 'full'
end
redis.call('HSET', key, 'state', 'queued', 'lab', lab, 'mailbox', mailbox, 'at', now_ms(), unpack(ARGV, 6))
put(lab, mailbox, job, order)
return 'queued'
