-- Count the lab's mailboxes in this shard that start before a ready entry.
-- ARGV  lab, mailbox, job, entry ('' asks this shard, which holds the mailbox, for its own)
-- Returns {entry or '', mailboxes ahead in this shard, jobs ahead in the mailbox}; entry is ''
-- where the job runs, is done, or waits for a retry.
local lab, mailbox, job, entry = unpack(ARGV)
local before = 0
if entry == '' then
  before = redis.call('ZRANK', base .. 'mailbox:' .. mailbox, job) or 0
  entry = redis.call('HGET', base .. 'active', mailbox) or ''
  local waits = redis.call('HGET', base .. 'job:' .. job, 'state') == 'queued'
  if not waits or not string.find(entry, '^%d+-') then
    return { '', 0, before }
  end
end
local delivered = '0-0'
if redis.call('EXISTS', base .. 'ready:' .. lab) == 1 then
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', base .. 'ready:' .. lab)) do
    delivered = value_of(group, 'last-delivered-id')
  end
end
local ahead = redis.call('XRANGE', base .. 'ready:' .. lab, '(' .. delivered, '(' .. entry)
return { entry, #ahead, before }
