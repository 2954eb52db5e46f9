-- Keep a person's thumb on an answer or a summary: the last one counts, every change is in the journal,
-- and a job is due to show the new count. Votes of many people are shown together.
-- ARGV  answer or summary (a job), user, thumb (0 takes it back), at (s), only where this thumb stands
--       (or ''), ttl (s), lab, journal line, the job that shows, its mailbox, its delay (ms)
-- Returns 'gone' (it is no longer kept), 'same', 'late' (a newer one stands), 'first' or 'changed'.
local job, user, thumb, at, where, ttl, lab, line, tally, mailbox, delay = unpack(ARGV)
local key = base .. 'votes:' .. job
local outcome, text = unpack(redis.call('HMGET', base .. 'job:' .. job, 'outcome', 'body'))
if not text or outcome == 'withdrawn' then
  return 'gone'
end
local old, old_at = string.match(redis.call('HGET', key, user) or '', '^(%S+) (%S+)$')
if (old or '0') == thumb or (where ~= '' and old ~= where) then
  return 'same'
elseif old_at and tonumber(at) < tonumber(old_at) then
  return 'late'
end
redis.call('HSET', key, user, thumb .. ' ' .. at)
redis.call('EXPIRE', key, ttl)
redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
local state = redis.call('HGET', base .. 'job:' .. tally, 'state')
if state == 'running' then
  redis.call('HSETNX', base .. 'job:' .. tally, 'again', 0)
elseif state ~= 'queued' then
  redis.call('HSET', base .. 'job:' .. tally, 'state', 'queued', 'lab', lab, 'mailbox', mailbox, 'about', job)
  redis.call('HDEL', base .. 'job:' .. tally, 'takes')
  redis.call('PERSIST', base .. 'job:' .. tally)
  redis.call('ZADD', base .. 'mailbox:' .. mailbox, 0, tally)
  redis.call('HSET', base .. 'active', mailbox, 'delayed')
  redis.call('ZADD', base .. 'delayed', now_ms() + delay, lab .. '|' .. mailbox)
end
return old and 'changed' or 'first'
