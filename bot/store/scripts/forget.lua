-- Purge jobs: out of their mailboxes, with all they hold and all that was said of it. A worker that runs one of them finds it gone and
-- writes nothing more; a question that Slack delivers again stays claimed while the mark lasts.
-- ARGV  ttl of the mark (s), job, job, ...
-- Returns how many there were.
local gone = 0
for i = 2, #ARGV do
  local job = ARGV[i]
  local key = base .. 'job:' .. job
  local mailbox = redis.call('HGET', key, 'mailbox')
  if mailbox then
    redis.call('ZREM', base .. 'mailbox:' .. mailbox, job)
    redis.call('HDEL', base .. 'cancelled', job)
    redis.call('DEL', key, base .. 'votes:' .. job, base .. 'forms:' .. job)
    redis.call('HSET', key, 'state', 'done', 'cancel', 'withdrawn')
    redis.call('EXPIRE', key, ARGV[1])
    gone = gone + 1
  end
end
return gone
