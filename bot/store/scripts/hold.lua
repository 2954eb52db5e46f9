-- Hold a lab's answers in this shard, or let them go. What is held waits in its order; what runs goes
-- on, except where a lab becomes stopped: then all that runs and asks a model is asked to end.
-- ARGV  lab, 'paused', 'stopped' or '' to let go, reason for the answers that end
-- Returns how many answers were asked to end, or may start now.
local lab, how, reason = unpack(ARGV)
local before = redis.call('HGET', base .. 'held', lab) or ''
if how == before then
  return 0
end
if how == '' then
  redis.call('HDEL', base .. 'held', lab)
else
  redis.call('HSET', base .. 'held', lab, how)
end
local count = 0
local parked = base .. 'parked:' .. lab
for _, mailbox in ipairs(redis.call('ZRANGE', parked, 0, -1)) do
  local job = redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1]
  if not (job and waits(job, how)) then -- a pause lets go what only a stop holds
    redis.call('ZREM', parked, mailbox)
    make_ready(lab, mailbox)
    count = count + 1
  end
end
if how == 'stopped' then
  local ready = base .. 'ready:' .. lab
  local pending = redis.pcall('XPENDING', ready, GROUP, '-', '+', 100000)
  for _, one in ipairs(pending.err and {} or pending) do
    local entry = redis.call('XRANGE', ready, one[1], one[1])[1]
    local job = entry and redis.call('ZRANGE', base .. 'mailbox:' .. entry[2][2], 0, 0)[1]
    if job and waits(job, how) and redis.call('HGET', base .. 'job:' .. job, 'state') == 'running' then
      redis.call('HSET', base .. 'job:' .. job, 'cancel', reason)
      redis.call('HSET', base .. 'cancelled', job, reason)
      count = count + (is_answer(job) and 1 or 0)
    end
  end
end
return count
