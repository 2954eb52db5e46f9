-- Write down what became known of an answer after it stood, and queue showing it: one job for each
-- answer, however much becomes known before that job runs.
-- ARGV  job of the answer, job that shows it, mailbox of that, order (microseconds),
--       SHA-1 of the draft that this is about or '' for any, field, value, ...
-- Returns 1, or 0 where the answer is unknown or another one, or its question was deleted.
local about, job, mailbox, order, of = unpack(ARGV, 1, 5)
local lab, cancel = unpack(redis.call('HMGET', base .. 'job:' .. about, 'lab', 'cancel'))
if not lab or cancel == 'withdrawn' then
  return 0
end
if of ~= '' and redis.sha1hex(redis.call('HGET', base .. 'job:' .. about, 'draft') or '') ~= of then
  return 0
end
if ARGV[6] then
  redis.call('HSET', base .. 'job:' .. about, unpack(ARGV, 6))
end
local key = base .. 'job:' .. job
local state = redis.call('HGET', key, 'state')
if state == 'running' then
  redis.call('HSET', key, 'again', order)
elseif state ~= 'queued' then
  redis.call('HDEL', key, 'takes')
  redis.call('HSET', key, 'state', 'queued', 'lab', lab, 'mailbox', mailbox, 'about', about, 'tries', 0)
  redis.call('PERSIST', key)
  put(lab, mailbox, job, order)
end
return 1
