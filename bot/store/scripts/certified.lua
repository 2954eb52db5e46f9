-- Look whether a person certified; where not, remember what waits for it, in the same step.
-- ARGV  "<lab>:<team>:<user>", scope, wording, waiting ("<mailbox> <job>", or ''), ttl of what waits (s)
-- Returns 1 where they did, 0 where not.
local person, scope, wording, waiting, ttl = unpack(ARGV)
if redis.call('HGET', base .. 'certified:' .. person, scope) == wording then
  return 1
end
if waiting ~= '' then
  redis.call('SADD', base .. 'uncertified:' .. person, waiting)
  redis.call('EXPIRE', base .. 'uncertified:' .. person, ttl)
end
return 0
