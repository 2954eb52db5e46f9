-- A worker's heartbeat in one shard: renew leases, hear of cancellations, wake what is due.
-- ARGV  consumer, lab, entry, lab, entry, ...
-- Returns {which of them, from 0, are no longer this consumer's; flat list of cancelled jobs and reasons}.
-- Renewing asks for the owner first: a plain XCLAIM would steal the job back from the next worker.
local consumer = ARGV[1]
local due = redis.call('ZRANGEBYSCORE', base .. 'delayed', '-inf', now_ms(), 'LIMIT', 0, 100)
for _, member in ipairs(due) do
  redis.call('ZREM', base .. 'delayed', member)
  local lab, mailbox = string.match(member, '^([^|]*)|(.*)$')
  make_ready(lab, mailbox)
end
local lost = {}
for i = 2, #ARGV, 2 do
  local lab, entry = ARGV[i], ARGV[i + 1]
  if owner(lab, entry) == consumer then
    redis.call('XCLAIM', base .. 'ready:' .. lab, GROUP, consumer, 0, entry, 'IDLE', 0, 'JUSTID')
  else
    lost[#lost + 1] = (i - 2) / 2
  end
end
return { lost, redis.call('HGETALL', base .. 'cancelled') }
