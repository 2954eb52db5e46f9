-- Claim one more answer to a question: one at a time of each model, none to a deleted question.
-- The question's own answer keeps the list of these in `repeats`, and of each model the last.
-- ARGV  job of the question's own answer, job of its withdrawal, model, ms in which a second press
--       doubles the first, ts of the new asking, lab, mailbox, job, order (microseconds), limit,
--       field, value, ...
-- Returns 'queued', 'known' (one is on its way), 'full', or 'unknown' (no such question, or deleted).
local own, withdrawal, model, double, ts, lab, mailbox, job, order, limit = unpack(ARGV, 1, 10)
local key = base .. 'job:' .. own
local state, cancel, last = unpack(redis.call('HMGET', key, 'state', 'cancel', 'repeat:' .. model))
if not state or cancel == 'withdrawn' or redis.call('EXISTS', base .. 'job:' .. withdrawal) == 1 then
  return 'unknown'
end
if last then
  local pending, at = unpack(redis.call('HMGET', base .. 'job:' .. last, 'state', 'at'))
  if pending and (pending ~= 'done' or now_ms() - (at or 0) < tonumber(double)) then
    return 'known'
  end
end
local claimed = claim(lab, mailbox, job, order, limit, 11)
if claimed == 'queued' then
  local before = redis.call('HGET', key, 'repeats')
  redis.call('HSET', key, 'repeat:' .. model, job, 'repeats', (before and before .. ' ' or '') .. ts)
end
return claimed
