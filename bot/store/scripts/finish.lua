-- End a job for good, together with all it leaves behind; fenced by the ready entry's owner.
-- ARGV  lab, entry, consumer, mailbox, job, ttl (s), journal line or '',
--       turn (a question ts) or '', the turn's JSON or '' to forget it, field, value, ...
-- Returns 1, or 0 where another worker owns the job or it was purged: then nothing was written.
local lab, entry, consumer, mailbox, job, ttl, line, turn, text = unpack(ARGV, 1, 9)
if owner(lab, entry) ~= consumer then
  return 0
end
drop_entry(lab, entry)
redis.call('ZREM', base .. 'mailbox:' .. mailbox, job)
redis.call('HDEL', base .. 'cancelled', job)
if not is_kept(job) then
  next_up(lab, mailbox)
  return 0
end
redis.call('HSET', base .. 'job:' .. job, 'state', 'done', unpack(ARGV, 10))
redis.call('EXPIRE', base .. 'job:' .. job, ttl)
if turn ~= '' and text == '' then
  redis.call('HDEL', base .. 'thread:' .. mailbox, turn)
elseif turn ~= '' then
  redis.call('HSET', base .. 'thread:' .. mailbox, turn, text)
  redis.call('EXPIRE', base .. 'thread:' .. mailbox, ttl)
end
if line ~= '' then
  local own = redis.call('HGET', base .. 'job:' .. job, 'lab') or lab
  redis.call('XADD', base .. 'journal:' .. own, '*', 'record', line)
end
local reply = value_of({ unpack(ARGV, 10) }, 'reply')
for _, ts in ipairs(reply and cjson.decode(reply) or {}) do
  local channel = string.match(job, '^[^:]*:[^:]*:([^:]*)')
  redis.call('SET', base .. 'message:' .. channel .. ':' .. ts, job, 'EX', ttl)
end
local again, cancel = unpack(redis.call('HMGET', base .. 'job:' .. job, 'again', 'cancel'))
next_up(lab, mailbox)
if again and cancel ~= 'withdrawn' then
  ask_again(lab, mailbox, job, again)
end
return 1
