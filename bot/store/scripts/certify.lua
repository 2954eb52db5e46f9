-- Keep that a person certified, with its line in the journal; the same wording once for each scope.
-- ARGV  "<lab>:<team>:<user>", scope, wording, ttl (s), lab, journal line
-- Returns what waits for it: "<mailbox> <job>", ...
local person, scope, wording, ttl, lab, line = unpack(ARGV)
local key = base .. 'certified:' .. person
if redis.call('HGET', key, scope) ~= wording then
  redis.call('HSET', key, scope, wording)
  redis.call('EXPIRE', key, ttl)
  redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
end
return redis.call('SMEMBERS', base .. 'uncertified:' .. person)
