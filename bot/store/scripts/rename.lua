-- Write records of a journal anew behind its last one, with a receipt in the same step; the places they had
-- stay empty. Refused where a decision came meanwhile, so that no older one stands behind it.
-- ARGV  lab, last entry that the caller knows, receipt (a journal line), how many records, then each of
--       them: its entry, its new JSON
-- Returns the last entry now, or '' where it was refused.
local stream = base .. 'journal:' .. ARGV[1]
local known, receipt, count = unpack(ARGV, 2, 4)
for _, found in ipairs(redis.call('XRANGE', stream, '(' .. known, '+')) do
  local kind = cjson.decode(found[2][2]).kind
  if kind == 'release' or kind == 'flag' then
    return ''
  end
end
for i = 5, 4 + 2 * count, 2 do
  if redis.call('XDEL', stream, ARGV[i]) == 1 then
    redis.call('XADD', stream, '*', 'record', ARGV[i + 1])
  end
end
return redis.call('XADD', stream, '*', 'record', receipt)
