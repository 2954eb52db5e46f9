-- Claim a question that two models answer: both answers are queued, or none. The first one's job
-- lists the second, so that what happens to the question happens to both.
-- ARGV  lab, mailbox, job of A, job of B, order (microseconds), limit, B's entry in A's `repeats`,
--       A's body, B's body, field, value, ... (of both)
-- Returns 'queued', 'known' or 'full', as enqueue does.
local lab, mailbox, first, second, order, limit, entry, body, other = unpack(ARGV, 1, 9)
if redis.call('ZCARD', base .. 'mailbox:' .. mailbox) + 2 > tonumber(limit) then
  return redis.call('EXISTS', base .. 'job:' .. first) == 1 and 'known' or 'full'
end
local claimed = claim(lab, mailbox, first, order, limit, 10)
if claimed == 'queued' then
  claim(lab, mailbox, second, order, limit, 10)
  redis.call('HSET', base .. 'job:' .. first, 'body', body, 'repeats', entry)
  redis.call('HSET', base .. 'job:' .. second, 'body', other)
end
return claimed
