-- Put what an answer did cost in place of what was reserved for it, in the hour and day it was asked.
-- ARGV  job, questions, tokens, usd (millionths), questions of the model
-- Returns 1, or 0 where nothing is reserved: it was settled before, or never counted.
local job = ARGV[1]
local real = { questions = ARGV[2], tokens = ARGV[3], usd = ARGV[4] }
local key = base .. 'reserved:' .. job
local person, model = unpack(redis.call('HMGET', key, 'person', 'model'))
if not person then
  return 0
end
for _, window in ipairs(redis.call('HMGET', key, 'hour', 'day')) do
  if redis.call('EXISTS', window) == 1 then -- else it is forgotten already
    for measure, units in pairs(real) do
      local reserved = redis.call('HGET', key, measure)
      for _, who in ipairs({ 'lab', person, model }) do
        local differs = units - reserved
        if who == model and measure == 'questions' then
          differs = ARGV[5] - (redis.call('HGET', key, 'model_questions') or reserved)
        end
        redis.call('HINCRBY', window, who .. ' ' .. measure, differs)
        if measure ~= 'questions' then
          redis.call('HINCRBY', window, 'held ' .. who .. ' ' .. measure, -reserved)
        end
      end
    end
  end
end
redis.call('DEL', key)
return 1
