-- Keep what a person said in a form, with its journal line, unless another revision came between.
-- ARGV  about (an answer's job or a thread), "<kind>:<person>", revision, form (JSON), ttl (s), lab,
--       journal line, the job that must be known (or '')
-- Returns 'kept', 'stale' (read what stands, and try again) or 'gone' (the answer is no longer kept).
local about, field, revision, form, ttl, lab, line, needs = unpack(ARGV)
local key = base .. 'forms:' .. about
local outcome, body = unpack(redis.call('HMGET', base .. 'job:' .. needs, 'outcome', 'body'))
if needs ~= '' and (not body or outcome == 'withdrawn') then
  return 'gone'
end
local standing = tonumber(string.match(redis.call('HGET', key, field) or '0', '^%d+'))
if standing ~= tonumber(revision) - 1 then
  return 'stale'
end
redis.call('HSET', key, field, revision .. ' ' .. form)
redis.call('EXPIRE', key, ttl)
redis.call('XADD', base .. 'journal:' .. lab, '*', 'record', line)
return 'kept'
