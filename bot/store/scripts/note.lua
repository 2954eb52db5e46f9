-- Write down how far a running job is; fenced like its end.
-- ARGV  lab, entry, consumer, job, field, value, ...
-- Returns 1, or 0 where another worker owns the job or it was purged: then nothing was written.
local lab, entry, consumer, job = unpack(ARGV, 1, 4)
if owner(lab, entry) ~= consumer or not is_kept(job) then
  return 0
end
redis.call('HSET', base .. 'job:' .. job, unpack(ARGV, 5))
return 1
