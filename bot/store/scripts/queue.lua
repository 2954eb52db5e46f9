-- Count what a lab's threads do in this shard, and name the first of them.
-- ARGV  lab, how many to name of each
-- Returns {running, waiting, held, due later, those that wait for their asker to confirm, flat list of state, job, ms since when}.
local lab, limit = ARGV[1], tonumber(ARGV[2])
local ready = base .. 'ready:' .. lab
local summary = redis.pcall('XPENDING', ready, GROUP)
local running = summary.err and 0 or summary[1]
local named = {}
local function name(state, mailbox)
  local job = redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1]
  if job then
    named[#named + 1] = state
    named[#named + 1] = job
    named[#named + 1] = redis.call('HGET', base .. 'job:' .. job, 'at') or '0'
  end
end
if limit > 0 then
  local delivered = '0-0'
  if running > 0 then
    for _, one in ipairs(redis.call('XPENDING', ready, GROUP, '-', '+', limit)) do
      local entry = redis.call('XRANGE', ready, one[1], one[1])[1]
      if entry then
        name('running', entry[2][2])
      end
    end
  end
  if redis.call('EXISTS', ready) == 1 then
    for _, group in ipairs(redis.call('XINFO', 'GROUPS', ready)) do
      delivered = value_of(group, 'last-delivered-id')
    end
    for _, entry in ipairs(redis.call('XRANGE', ready, '(' .. delivered, '+', 'COUNT', limit)) do
      name('waiting', entry[2][2])
    end
  end
  for _, mailbox in ipairs(redis.call('ZRANGE', base .. 'parked:' .. lab, 0, limit - 1)) do
    name('held', mailbox)
  end
end
local later, unconfirmed = 0, 0
for _, member in ipairs(redis.call('ZRANGE', base .. 'delayed', 0, -1)) do
  if string.sub(member, 1, #lab + 1) == lab .. '|' then
    local mailbox = string.sub(member, #lab + 2)
    local job = redis.call('ZRANGE', base .. 'mailbox:' .. mailbox, 0, 0)[1] or ''
    if string.sub(job, 1, 8) == 'confirm:' then
      unconfirmed = unconfirmed + 1
    else
      later = later + 1
    end
  end
end
local held = redis.call('ZCARD', base .. 'parked:' .. lab)
return { running, redis.call('XLEN', ready) - running, held, later, unconfirmed, named }
