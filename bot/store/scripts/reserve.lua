-- Count an answer before its model is asked, where every cap allows it: tokens and dollars at the most
-- that it can cost, until settle puts what it did. One that is counted already stays so.
-- ARGV  lab, job, person, model, questions, tokens, usd (millionths), questions of the model, hour, day
--       (each the second it begins), hour, day (each the second it is forgotten), then lab.toml's caps:
--       name, units, ...
-- Returns {1 if allowed, flat list: a cap's name, its units, units used, units of those held, ...}.
local lab, job, person, model = unpack(ARGV, 1, 4)
local subject = { lab = 'lab', person = 'person ' .. person, model = 'model ' .. model }
local most = { questions = ARGV[5], model_questions = ARGV[8], tokens = ARGV[6], usd = ARGV[7] }
local units = units_of(subject.person, subject.model, most, 1)
local window = {
  hour = base .. 'spent:' .. lab .. ':hour:' .. ARGV[9],
  day = base .. 'spent:' .. lab .. ':day:' .. ARGV[10],
}
local ends = { hour = ARGV[11], day = ARGV[12] }
local counts = { hour = counts_of(window.hour, units), day = counts_of(window.day, units) }
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
  for name, allowed in pairs(caps) do
    local scope, measure, per = string.match(name, '^(%a+)_(%a+)_per_(%a+)$')
    local field = subject[scope] .. ' ' .. measure
    if allowed > 0 and units[field] > 0 then -- what it does not use can't forbid it
      local used, held = counts[per][field] or 0, counts[per]['held ' .. field] or 0
      free = free and used < allowed
      for _, part in ipairs({ name, allowed, used, held }) do
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
  for name, more in pairs(units) do
    counts[per][name] = (counts[per][name] or 0) + more
  end
  write_counts(key, counts[per])
  redis.call('EXPIREAT', key, ends[per])
end
redis.call('HSET', reservation, 'hour', window.hour, 'day', window.day, 'person', subject.person,
  'model', subject.model, 'questions', most.questions, 'model_questions', most.model_questions,
  'tokens', most.tokens, 'usd', most.usd)
redis.call('EXPIREAT', reservation, ends.day)
return { 1, (levels()) }
