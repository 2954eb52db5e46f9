-- End a turn of the clock; the next one may begin after a rest.
-- ARGV  name, consumer, rest (ms)
-- Returns 1, or 0 where the turn is another's by now.
local name, consumer, rest = unpack(ARGV)
local key = base .. 'clock:' .. name
if redis.call('GET', key) ~= consumer then
  return 0
end
return redis.call('PEXPIRE', key, rest)
