-- Change the release state of one answer, and write it into the journal, where the old state allows it.
-- ARGV  thread, question ts, lab, new state, journal line, states it may be changed from ...
-- Returns the state that stood ('private' where none did); nothing was written unless it allows the change.
local thread, ts, lab, state, line = unpack(ARGV, 1, 5)
local key = base .. 'review:' .. thread
local old = redis.call('HGET', key, ts) or 'private'
for i = 6, #ARGV do
  if ARGV[i] == old then
    redis.call('HSET', key, ts, state)
    redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
  end
end
return old
