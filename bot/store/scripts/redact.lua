-- Take records out of a journal, with a receipt in the same step; the places they had stay empty.
-- ARGV  lab, receipt (a journal line), entry, entry, ...
-- Returns how many were there.
local stream = base .. 'journal:' .. ARGV[1]
local gone = redis.call('XDEL', stream, unpack(ARGV, 3))
if gone > 0 then
  redis.call('XADD', stream, '*', 'record', ARGV[2])
end
return gone
