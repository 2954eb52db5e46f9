-- Take over what dead workers hold: entries whose lease ran out.
-- ARGV  consumer, lease (ms), room (entries at the most), lab, lab, ...
-- Returns a flat list: lab, entry, mailbox, ...
local consumer, lease, room = ARGV[1], ARGV[2], tonumber(ARGV[3])
local taken = {}
for i = 4, #ARGV do
  local cursor = '0-0'
  repeat -- XAUTOCLAIM looks at ten times COUNT entries only, and the living may come first
    if room <= 0 then
      return taken
    end
    local ready = base .. 'ready:' .. ARGV[i]
    local found = redis.call('XAUTOCLAIM', ready, GROUP, consumer, lease, cursor, 'COUNT', room)
    for _, entry in ipairs(found[2]) do
      if entry and entry[2] then
        taken[#taken + 1] = ARGV[i]
        taken[#taken + 1] = entry[1]
        taken[#taken + 1] = entry[2][2]
        room = room - 1
      end
    end
    cursor = found[1]
  until cursor == '0-0'
end
return taken
