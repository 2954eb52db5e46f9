-- Make the consumer groups of this shard; forget the consumers of workers that died long ago.
-- ARGV  silence (ms) after which a consumer that holds nothing is forgotten, lab, lab, ...
-- Returns 1.
local silence = tonumber(ARGV[1])
for i = 2, #ARGV do
  local ready = base .. 'ready:' .. ARGV[i]
  local made = redis.pcall('XGROUP', 'CREATE', ready, GROUP, '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP') then
    return made
  end
  for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', ready, GROUP)) do
    if value_of(consumer, 'pending') == 0 and value_of(consumer, 'idle') > silence then
      redis.call('XGROUP', 'DELCONSUMER', ready, GROUP, value_of(consumer, 'name'))
    end
  end
end
return 1
