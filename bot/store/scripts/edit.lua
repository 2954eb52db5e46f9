-- Change a question's text. Before its answer began, that is all; after, the new text waits in
-- `edit` and a job behind the answer offers to answer again.
-- ARGV  job, new text, id of the offering job, its order (microseconds), field, value, ...
-- Returns 'unknown', 'same', 'changed' or 'offered'.
local job, text, offer, order = unpack(ARGV, 1, 4)
local key = base .. 'job:' .. job
local state, lab, mailbox, old, edit = unpack(redis.call('HMGET', key, 'state', 'lab', 'mailbox', 'text', 'edit'))
if not state or not mailbox then
  return 'unknown'
end
if (edit or old) == text then
  return 'same'
end
if state == 'queued' and redis.call('HEXISTS', key, 'takes') == 0 then
  redis.call('HSET', key, 'text', text)
  return 'changed'
end
redis.call('HSET', key, 'edit', text)
if redis.call('EXISTS', base .. 'job:' .. offer) == 0 then
  redis.call('HSET', base .. 'job:' .. offer, 'state', 'queued', 'lab', lab, 'mailbox', mailbox, unpack(ARGV, 5))
  put(lab, mailbox, offer, order)
end
return 'offered'
