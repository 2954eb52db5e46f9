-- Take over what dead workers hold: entries whose lease ran out.
-- ARGV  consumer, lease (ms), room (entries at the most), lab, lab, ...
-- Returns a flat list: lab, entry, mailbox, ...
local consumer, lease, room = ARGV[1], ARGV[2], tonumber(ARGV[3])
local taken = {}
for i = 4, #ARGV do
  if room <= 0 then
    break
  end
  local found = redis.call('XAUTOCLAIM', base .. 'ready:' .. ARGV[i], GROUP, consumer, lease, '0-0', 'COUNT', room)
  for _, entry in ipairs(found[2]) do
    if entry and entry[2] then
      taken[#taken + 1] = ARGV[i]
      taken[#taken + 1] = entry[1]
      taken[#taken + 1] = entry[2][2]
      room = room - 1
    end
  end
end
return taken
