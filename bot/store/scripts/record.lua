-- Add one entry to the audit trail, together with all that the act changes; refused where the trail
-- went on meanwhile, so that what was decided on an older state is decided again.
-- ARGV  hash of the entry before ('' for the first), hash, number, entry (JSON),
--       then for each change: a key of this shard without its base, field, value ('' takes it away)
-- Returns 1, or 0 where another entry came first: then nothing was written.
local before, hash, number, line = unpack(ARGV, 1, 4)
local head = base .. 'audit-head'
if (redis.call('HGET', head, 'hash') or '') ~= before then
  return 0
end
redis.call('XADD', base .. 'audit', '*', 'record', line)
redis.call('HSET', head, 'hash', hash, 'number', number)
for i = 5, #ARGV, 3 do
  if ARGV[i + 2] == '' then
    redis.call('HDEL', base .. ARGV[i], ARGV[i + 1])
  else
    redis.call('HSET', base .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
  end
end
return 1
