-- Give out one workspace's Slack budgets to all workers: slots to the first seats of each lane, and
-- to tries what is left. The same plan, for one process, is bot/slack/plan.py; a test compares them.
-- ARGV  team, request (JSON, see bot/store/pace.py), now (ms; 0 takes the server's clock),
--       horizon, soon, dead, hold life, calm, strike every (ms), tighter, tightest
-- Returns {slots, tries, places, rests, live, crowd, workers, known}: flat lists of names and ms from
-- now; for each try {ms to wait, ms until each granted call ...}.
--
-- <base>pace:<team>:spent:<bucket>  list  times (ms) of its last calls
-- <base>pace:<team>:line:<lane>     zset  seats by order (ms)
-- <base>pace:<team>:ready:<lane>    zset  those of them whose call could be made
-- <base>pace:<team>:flows           hash  "<lane>|<flow>" -> its seats
-- <base>pace:<team>:lanes           set   lanes that have seats
-- <base>pace:<team>:granted:<worker> hash seat -> slot (ms), until its worker fetches it
-- <base>pace:<team>:live            zset  held calls by when they lapse
-- <base>pace:<team>:workers         zset  workers by when they came last
-- <base>pace:<team>:rests           hash  bucket -> until when Slack wants none
-- <base>pace:<team>:strikes         hash  bucket -> "<how much tighter> <since>"
local HOUR = 3600000
local pace = base .. 'pace:' .. ARGV[1] .. ':'
local ask = cjson.decode(ARGV[2])
local now = tonumber(ARGV[3])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local horizon, soon, dead, life, calm, every, tighter, tightest = unpack(ARGV, 4)
horizon, soon, dead, life = now + horizon, now + soon, now - dead, now + life

local function hash(name)
  local found = redis.call('HGETALL', pace .. name)
  local pairs_of = {}
  for i = 1, #found, 2 do
    pairs_of[found[i]] = found[i + 1]
  end
  return pairs_of
end

local function keep(name)
  redis.call('PEXPIRE', pace .. name, HOUR)
end

local function worker_of(seat)
  return string.match(seat, '^([^/]*)')
end

local function flow_of(lane, seat)
  return lane .. '|' .. string.match(seat, '^[^/]*/([^/]*)')
end

local rests, strikes = hash('rests'), hash('strikes')

local function stretch(bucket)
  if not strikes[bucket] then
    return 1
  end
  local by, since = string.match(strikes[bucket], '^(%S+) (%S+)$')
  return 1 + (by - 1) * math.max(0, 1 - (now - since) / calm)
end

local function rest(bucket, ms)
  local _, since = string.match(strikes[bucket] or '1 0', '^(%S+) (%S+)$')
  rests[bucket] = math.max(tonumber(rests[bucket] or 0), now + ms)
  redis.call('HSET', pace .. 'rests', bucket, rests[bucket])
  if now - since >= tonumber(every) then
    strikes[bucket] = math.min(tonumber(tightest), stretch(bucket) * tighter) .. ' ' .. now
    redis.call('HSET', pace .. 'strikes', bucket, strikes[bucket])
  end
  keep('rests')
  keep('strikes')
end

local function slot(bucket, kept)
  local name, calls, window = unpack(bucket)
  local at = math.max(now, tonumber(rests[name] or 0))
  window = window * stretch(name)
  if kept >= calls then
    return at + window
  end
  local nth = redis.call('LINDEX', pace .. 'spent:' .. name, kept - calls)
  return nth and math.max(at, nth + window) or at
end

local function take(buckets, at)
  for _, bucket in ipairs(buckets) do
    local name = pace .. 'spent:' .. bucket[1]
    redis.call('RPUSH', name, at)
    redis.call('LTRIM', name, -bucket[2], -1)
    redis.call('PEXPIRE', name, math.ceil(bucket[3] * tightest) + 60000)
  end
end

local function drop(lane, seat)
  redis.call('ZREM', pace .. 'ready:' .. lane, seat)
  if redis.call('ZREM', pace .. 'line:' .. lane, seat) == 1 then
    local flow = flow_of(lane, seat)
    if redis.call('HINCRBY', pace .. 'flows', flow, -1) <= 0 then
      redis.call('HDEL', pace .. 'flows', flow)
    end
    if redis.call('EXISTS', pace .. 'line:' .. lane) == 0 then
      redis.call('SREM', pace .. 'lanes', lane)
    end
  end
end

local function bury(worker)
  redis.call('ZREM', pace .. 'workers', worker)
  for _, lane in ipairs(redis.call('SMEMBERS', pace .. 'lanes')) do
    for _, seat in ipairs(redis.call('ZRANGE', pace .. 'line:' .. lane, 0, -1)) do
      if worker_of(seat) == worker then
        drop(lane, seat)
      end
    end
  end
end

local function sit(lane, handicap, seat)
  local id, asked, ready = unpack(seat)
  local order = redis.call('ZSCORE', pace .. 'line:' .. lane, id)
  if not order then
    local before = redis.call('HINCRBY', pace .. 'flows', flow_of(lane, id), 1) - 1
    order = asked + handicap * before
    redis.call('ZADD', pace .. 'line:' .. lane, order, id)
    redis.call('SADD', pace .. 'lanes', lane)
  end
  if ready == 1 then
    redis.call('ZADD', pace .. 'ready:' .. lane, order, id)
  end
end

local function serve(lane, buckets)
  while true do
    local first = redis.call('ZRANGE', pace .. 'ready:' .. lane, 0, 0)[1]
    if not first then
      return
    end
    local at = now
    for _, bucket in ipairs(buckets) do
      at = math.max(at, slot(bucket, 0))
    end
    if at > horizon then
      return
    end
    take(buckets, at)
    drop(lane, first)
    redis.call('HSET', pace .. 'granted:' .. worker_of(first), first, at)
    keep('granted:' .. worker_of(first))
  end
end

local live = 0

local function try(wanted)
  local buckets, ids, spare, behind, holds = unpack(wanted)
  local tried = { 0 }
  for _, id in ipairs(ids) do
    local at = now
    for i, bucket in ipairs(buckets) do
      at = math.max(at, slot(bucket, i == 1 and spare or 0))
    end
    if #holds > 0 then
      at = math.max(at, slot(holds, live))
    end
    if redis.call('EXISTS', pace .. 'ready:' .. behind) == 1 then
      at = horizon
    end
    if at > soon then
      tried[1] = math.ceil(at - now)
      return tried
    end
    take(buckets, at)
    tried[#tried + 1] = math.ceil(at - now)
    if #holds > 0 then
      redis.call('ZADD', pace .. 'live', life, id)
      live = live + 1
    end
  end
  return tried
end

for _, worker in ipairs(redis.call('ZRANGEBYSCORE', pace .. 'workers', '-inf', dead)) do
  bury(worker)
end
local known = redis.call('ZADD', pace .. 'workers', now, ask.worker) == 0 and 1 or 0
for _, bucket in ipairs(ask.rests) do
  rest(bucket[1], bucket[2])
end
for _, id in ipairs(ask.frees) do
  redis.call('ZREM', pace .. 'live', id)
end
redis.call('ZREMRANGEBYSCORE', pace .. 'live', '-inf', now)
live = redis.call('ZCARD', pace .. 'live')

local places, crowd = {}, 0
for _, lane in ipairs(ask.lanes) do
  local name, buckets, handicap, seats, gone = unpack(lane)
  for _, seat in ipairs(gone) do
    drop(name, seat)
  end
  for _, seat in ipairs(seats) do
    sit(name, handicap, seat)
  end
  serve(name, buckets)
  keep('line:' .. name)
  keep('ready:' .. name)
end
local tries = {}
for i, wanted in ipairs(ask.tries) do
  tries[i] = try(wanted)
end
for _, lane in ipairs(ask.lanes) do
  for _, seat in ipairs(lane[6]) do
    places[#places + 1] = seat
    places[#places + 1] = redis.call('ZRANK', pace .. 'line:' .. lane[1], seat) or 0
  end
end
if #places > 0 then
  for _, lane in ipairs(redis.call('SMEMBERS', pace .. 'lanes')) do
    crowd = crowd + redis.call('ZCARD', pace .. 'line:' .. lane)
  end
end
local slots, resting = {}, {}
for seat, at in pairs(hash('granted:' .. ask.worker)) do
  slots[#slots + 1] = seat
  slots[#slots + 1] = math.ceil(at - now)
end
redis.call('DEL', pace .. 'granted:' .. ask.worker)
for bucket, till in pairs(rests) do
  if tonumber(till) > now then
    resting[#resting + 1] = bucket
    resting[#resting + 1] = math.ceil(till - now)
  else
    redis.call('HDEL', pace .. 'rests', bucket)
  end
end
keep('flows')
keep('lanes')
keep('live')
keep('workers')
return { slots, tries, places, resting, live, crowd, redis.call('ZCARD', pace .. 'workers'), known }
