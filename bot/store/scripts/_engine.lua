-- Put before every other script. KEYS[1] is always `<base>active`: all keys of a shard begin
-- with the same base and share one hash tag, so on Redis Cluster they live on one node and a
-- script may build their names.
--
-- <base>active            hash    mailbox -> id of its entry in ready, "delayed", or "held:<lab>"
-- <base>mailbox:<mailbox> zset    jobs of one thread, scored by the order asked; one that was begun by 0
-- <base>ready:<lab>       stream  mailboxes whose first job may start; one entry for each
-- <base>delayed           zset    "<lab>|<mailbox>" scored by due time, ms
-- <base>held              hash    lab -> "paused" or "stopped"
-- <base>parked:<lab>      zset    mailboxes whose next answer waits until the lab goes on, by when it was asked
-- <base>cancelled         hash    job -> reason, for the workers that run them
-- <base>job:<job>         hash    one job: state, lab, mailbox, takes, tries, and its feature's fields
-- <base>thread:<mailbox>  hash    question ts -> its turns, JSON
-- <base>journal:<lab>     stream  records that must last; never expires
-- <base>votes:<job>       hash    person -> "<thumb> <at>", the last one; 0 where it was taken back
-- <base>message:<channel>:<ts> string  the answer's job that a message belongs to
-- <base>forms:<about>     hash    "<kind>:<person>" -> "<revision> <what that person last said, JSON>"
-- <base>pairs:<lab>       hash    "<model> <model>" -> how often they were compared
-- <base>person:<team>:<user> hash what a person was asked only once
-- <base>certified:<lab>:<team>:<user>    hash  session or thread -> the wording certified
-- <base>uncertified:<lab>:<team>:<user>  set   "<mailbox> <job>" that waits for it
-- <base>spent:<lab>:<per>:<begins>  hash  "[held ]<lab | person U | model M> <measure>" -> units
-- <base>reserved:<job>    hash    what is counted for an answer on its way
-- <base>flags:<lab>       hash    question ("team:channel:ts") -> its flag, JSON
-- <base>caps:<lab>        hash    name of a cap -> units, set by moderators over lab.toml
local base = string.sub(KEYS[1], 1, -7)
local GROUP = 'workers'

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function make_ready(lab, mailbox)
  local entry = redis.call('XADD', base .. 'ready:' .. lab, '*', 'mailbox', mailbox)
  redis.call('HSET', base .. 'active', mailbox, entry)
end

local function is_answer(job)
  return string.sub(job, 1, 7) == 'answer:'
end

-- What asks a model waits while its lab is held: what is for the moderators, only where it is stopped.
local function waits(job, how)
  local kind = string.match(job, '^%a+')
  if kind == 'summary' or kind == 'rehearse' then
    return how == 'stopped'
  end
  return (kind == 'answer' or kind == 'wrapup') and (how == 'paused' or how == 'stopped')
end

-- A held lab's answers wait outside the queue; whatever else its thread has to do goes on.
local function put(lab, mailbox, job, order)
  redis.call('ZADD', base .. 'mailbox:' .. mailbox, order, job)
  local entry = redis.call('HGET', base .. 'active', mailbox)
  if not entry then
    make_ready(lab, mailbox)
  elseif string.sub(entry, 1, 5) == 'held:' and not is_answer(job) then
    redis.call('ZREM', base .. 'parked:' .. string.sub(entry, 6), mailbox)
    make_ready(lab, mailbox)
  end
end

local function claim(lab, mailbox, job, order, limit, from)
  local key = base .. 'job:' .. job
  if redis.call('EXISTS', key) == 1 then
    return 'known'
  end
  if redis.call('ZCARD', base .. 'mailbox:' .. mailbox) >= tonumber(limit) then
    return 'full'
  end
  redis.call('HSET', key, 'state', 'queued', 'lab', lab, 'mailbox', mailbox, 'at', now_ms(), unpack(ARGV, from))
  put(lab, mailbox, job, order)
  return 'queued'
end

local function owner(lab, entry)
  -- pcall: where the store was emptied there is no group, and nobody owns anything.
  local pending = redis.pcall('XPENDING', base .. 'ready:' .. lab, GROUP, entry, entry, 1)
  return pending[1] and pending[1][2]
end

-- A job that was purged while it ran is gone, or only marks that its question was taken once.
local function is_kept(job)
  return redis.call('HEXISTS', base .. 'job:' .. job, 'mailbox') == 1
end

local function value_of(flat, name)
  for i = 1, #flat, 2 do
    if flat[i] == name then
      return flat[i + 1]
    end
  end
end

local function drop_entry(lab, entry)
  redis.call('XACK', base .. 'ready:' .. lab, GROUP, entry)
  redis.call('XDEL', base .. 'ready:' .. lab, entry)
end

-- A direct message's thread may hold jobs of two labs: each runs in its own lab's lane.
local function next_up(lab, mailbox)
  local head = redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1]
  if head then
    make_ready(redis.call('HGET', base .. 'job:' .. head, 'lab') or lab, mailbox)
  else
    redis.call('HDEL', base .. 'active', mailbox)
  end
end

local function ask_again(lab, mailbox, job, order)
  local key = base .. 'job:' .. job
  local edit = redis.call('HGET', key, 'edit')
  redis.call('HDEL', key, 'draft', 'edit', 'tally', 'cancel', 'outcome', 'takes', 'again', 'capped', 'pictures',
    'references', 'file')
  redis.call('HSET', key, 'state', 'queued', 'tries', 0)
  if edit then
    redis.call('HSET', key, 'text', edit)
  end
  local shows = string.gsub(job, '^answer:', 'pictures:')
  if redis.call('HEXISTS', base .. 'job:' .. shows, 'sent') == 1 then
    redis.call('HSET', key, 'outdated', 1) -- files of the answer before, to be taken away
  end
  redis.call('PERSIST', key)
  redis.call('DEL', base .. 'votes:' .. job) -- they were about another text
  put(lab, mailbox, job, order)
end

-- What one answer counts for: field of an hour or day -> units; `held` is 1 until it is known, then 0.
local function units_of(person, model, spent, held)
  local units = {}
  for _, who in ipairs({ 'lab', person, model }) do
    units[who .. ' questions'] = tonumber(who == model and spent.model_questions or spent.questions)
    for _, measure in ipairs({ 'tokens', 'usd' }) do
      units[who .. ' ' .. measure] = tonumber(spent[measure])
      units['held ' .. who .. ' ' .. measure] = held * spent[measure]
    end
  end
  return units
end

-- The counts that are there of these units' fields, in one read.
local function counts_of(window, units)
  local names, counts = {}, {}
  for name in pairs(units) do
    names[#names + 1] = name
  end
  for i, count in ipairs(redis.call('HMGET', window, unpack(names))) do
    counts[names[i]] = tonumber(count)
  end
  return counts
end

local function write_counts(window, counts)
  local flat = {}
  for name, count in pairs(counts) do
    flat[#flat + 1] = name
    flat[#flat + 1] = count
  end
  redis.call('HSET', window, unpack(flat))
end
