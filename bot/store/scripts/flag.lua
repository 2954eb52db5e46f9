-- Write a flag's next revision and its journal line, if nobody was faster.
-- ARGV  lab, question ("team:channel:ts"), the flag's JSON as read ('' where there was none), its new JSON,
--       journal line
-- Returns 1, or 0 where the flag is no longer as it was read.
local lab, question, old, new, line = unpack(ARGV)
local key = base .. 'flags:' .. lab
if (redis.call('HGET', key, question) or '') ~= old then
  return 0
end
redis.call('HSET', key, question, new)
redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
return 1
