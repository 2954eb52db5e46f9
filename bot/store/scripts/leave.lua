-- Take a consumer off the groups of this shard. One that still holds entries stays: dropping it
-- would drop them too, and the next sweep of another worker takes them over.
-- ARGV  consumer, lab, lab, ...
-- Returns 1.
local consumer = ARGV[1]
for i = 2, #ARGV do
  local ready = base .. 'ready:' .. ARGV[i]
  if not redis.call('XPENDING', ready, GROUP, '-', '+', 1, consumer)[1] then
    redis.call('XGROUP', 'DELCONSUMER', ready, GROUP, consumer)
  end
end
return 1
