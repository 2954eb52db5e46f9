-- Look at the answers that no worker has had room for, and mark those whose askers are to hear of it.
-- ARGV  patience (ms): how long one waits before that; every (ms): how often one hears; most: of each
--       lab; lab, lab, ...
-- Returns a flat list: lab, jobs ahead in this shard, job, its body, 1 where its asker never heard, ...
local patience, every, most = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local now = now_ms()
local waiting = {}
for i = 4, #ARGV do
  local lab, delivered = ARGV[i], '0-0'
  local ready = base .. 'ready:' .. lab
  if redis.call('EXISTS', ready) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', ready)) do
      delivered = value_of(group, 'last-delivered-id')
    end
  end
  for place, entry in ipairs(redis.call('XRANGE', ready, '(' .. delivered, '+', 'COUNT', most)) do
    local job = redis.call('ZRANGE', base .. 'mailbox:' .. entry[2][2], 0, 0)[1]
    local since = tonumber(string.match(entry[1], '^(%d+)'))
    if job and string.sub(job, 1, 7) == 'answer:' and now - since >= patience then
      local key = base .. 'job:' .. job
      local body, told = unpack(redis.call('HMGET', key, 'body', 'told'))
      if body and (not told or now - told >= every) then
        redis.call('HSET', key, 'told', now)
        for _, part in ipairs({ lab, place - 1, job, body, told and 0 or 1 }) do
          waiting[#waiting + 1] = part
        end
      end
    end
  end
end
return waiting
