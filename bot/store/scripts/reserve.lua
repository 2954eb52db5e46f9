-- Count an answer before its model is asked, where every cap allows it: tokens and dollars at the most
-- that it can cost, until settle puts what it did. One that is counted already stays so.
-- ARGV  lab, job, person, model, questions, tokens, usd (millionths), questions of the model, hour, day
--       (each the second it begins), hour, day (each the second it is forgotten), then lab.toml's caps:
--       name, units, ...
-- Returns {1 if allowed, flat list: a cap's name, its units, units used, units of those held, ...}.
local lab, job, person, model = unpack(ARGV, 1, 4)
local most = { questions = ARGV[5], tokens = ARGV[6], usd = ARGV[7] }
local window = {
  hour = base .. 'spent:' .. lab .. ':hour:' .. ARGV[9],
  day = base .. 'spent:' .. lab .. ':day:' .. ARGV[10],
}
local ends = { hour = ARGV[11], day = ARGV[12] }
local subject = { lab = 'lab', person = 'person ' .. person, model = 'model ' .. model }
local function most_of(scope, measure)
  return scope == 'model' and measure == 'questions' and ARGV[8] or most[measure]
end
local reservation = base .. 'reserved:' .. job

local caps = {}
local function lay(flat, from)
  for i = from, #flat, 2 do
    caps[flat[i]] = tonumber(flat[i + 1])
  end
end
lay(ARGV, 13)
lay(redis.call('HGETALL', base .. 'caps:' .. lab), 1) -- what moderators changed

local function levels()
  local found, free = {}, true
  for name, units in pairs(caps) do
    local scope, measure, per = string.match(name, '^(%a+)_(%a+)_per_(%a+)$')
    if units > 0 and tonumber(most_of(scope, measure)) > 0 then -- what it does not use can't forbid it
      local field = subject[scope] .. ' ' .. measure
      local counts = redis.call('HMGET', window[per], field, 'held ' .. field)
      free = free and tonumber(counts[1] or 0) < units
      for _, part in ipairs({ name, units, counts[1] or 0, counts[2] or 0 }) do
        found[#found + 1] = part
      end
    end
  end
  return found, free
end

local found, free = levels()
if redis.call('EXISTS', reservation) == 1 then
  return { 1, found }
elseif not free then
  return { 0, found }
end
for per, key in pairs(window) do
  for scope, who in pairs(subject) do
    for measure in pairs(most) do
      local units = most_of(scope, measure)
      redis.call('HINCRBY', key, who .. ' ' .. measure, units)
      if measure ~= 'questions' then
        redis.call('HINCRBY', key, 'held ' .. who .. ' ' .. measure, units)
      end
    end
  end
  redis.call('EXPIREAT', key, ends[per])
end
redis.call('HSET', reservation, 'hour', window.hour, 'day', window.day, 'person', subject.person,
  'model', subject.model, 'questions', most.questions, 'model_questions', ARGV[8],
  'tokens', most.tokens, 'usd', most.usd)
redis.call('EXPIREAT', reservation, ends.day)
return { 1, (levels()) }
