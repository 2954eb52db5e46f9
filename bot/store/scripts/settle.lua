-- Put what an answer did cost in place of what was reserved for it, in the hour and day it was asked.
-- ARGV  job, questions, tokens, usd (millionths), questions of the model
-- Returns 1, or 0 where nothing is reserved: it was settled before, or never counted.
local key = base .. 'reserved:' .. ARGV[1]
local hour, day, person, model, questions, of_model, tokens, usd = unpack(
  redis.call('HMGET', key, 'hour', 'day', 'person', 'model', 'questions', 'model_questions', 'tokens', 'usd')
)
if not person then
  return 0
end
local most = { questions = questions, model_questions = of_model, tokens = tokens, usd = usd }
local real = { questions = ARGV[2], model_questions = ARGV[5], tokens = ARGV[3], usd = ARGV[4] }
local before, after = units_of(person, model, most, 1), units_of(person, model, real, 0)
for _, window in ipairs({ hour, day }) do
  local counts = counts_of(window, after)
  for name, count in pairs(counts) do
    counts[name] = count + after[name] - before[name]
  end
  if next(counts) then -- else it is forgotten already
    write_counts(window, counts)
  end
end
redis.call('DEL', key)
return 1
