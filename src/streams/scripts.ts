// The Lua scripts of a pass, except the one that reads. Redis runs each of them as one step, so that what it records is
// true even if its reply is lost or other consumers run at the same time.

/** Ids are compared as strings: their parts may be larger than a Lua number can represent exactly. */
export const IDS = `
local function after(one, other)
  local ms, count = string.match(one, '^(%d+)-(%d+)$')
  local otherMs, otherCount = string.match(other, '^(%d+)-(%d+)$')
  if ms ~= otherMs then return #ms > #otherMs or (#ms == #otherMs and ms > otherMs) end
  return #count > #otherCount or (#count == #otherCount and count > otherCount)
end
`

/** Holds a loss for a time from now on. A hold never gets shorter. */
export const HOLD = `
local function hold(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('SET', key, '1', 'PX', string.format('%.0f', ms)) end
end
`

/** The text at a key; '' if there is none, or something else is there. */
export const TEXT = `
local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end
`

/** The time of Redis in milliseconds. */
const NOW = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`

/**
 * Notes a reading of a pass, and tells whether this Redis has heard of all readings before it. It has not after a
 * failover to a replica that lacks the last commands. A reading whose answer was lost may be repeated, and the answer may
 * then be that of another Redis. So the note also has what this one saw: the time and the stream's last id at the first
 * reading, and 1 if the last one that took messages found none.
 */
export const HEAR = `${NOW}
local function noted(pass) return string.match(text(pass), '^(%d+) (%d+) (%S+) (%d)$') end
local function hear(pass, reading, ms, lastId, isDrained)
  local number, at, bound, drained = noted(pass)
  local before = tonumber(number or 0)
  if before ~= tonumber(reading) and before + 1 ~= tonumber(reading) then return false end
  at = at or string.format('%.0f', now())
  redis.call('SET', pass, table.concat({ reading, at, bound or lastId, isDrained or drained }, ' '), 'PX', ms)
  return true
end
`

/**
 * Runs a script, and settles messages in the same step unless it fails. In two steps, a failover between them could
 * lose the first to a replica that did not have it yet, and keep the second.
 *
 * - keys: `count` of its own, then those of the script
 * - arguments: how many ids, the ids, `count` of its own, then those of the script
 */
const settling = (script: string, keys: number, args: number, settle: string) => `
local count = tonumber(ARGV[1])
local ids, from = { unpack(ARGV, 2, count + 1) }, count + 2
local function work(KEYS, ARGV)
${script}
end
local done = work({ unpack(KEYS, ${keys + 1}) }, { unpack(ARGV, from + ${args}) })
if type(done) ~= 'table' or not done.err then
${settle}
end
return done
`

/**
 * Also acknowledges messages, and corrects how many are noted as pending. Own keys: stream, seen; own argument: group.
 */
export function acknowledging(script: string): string {
  return `${TEXT}${settling(script, 2, 1, ACKNOWLEDGE)}`
}

const ACKNOWLEDGE = `
  local stream, seen, name = KEYS[1], KEYS[2], ARGV[from]
  local acknowledged = redis.call('XACK', stream, name, unpack(ids))
  -- There is none if the group is gone.
  local pending = redis.pcall('XPENDING', stream, name)[1]
  local noted = tonumber(string.match(text(seen), '%d+$'))
  if pending and noted then
    -- What is missing beyond that went with a consumer, which the next pass is to see.
    pending = string.format('%.0f', math.max(pending, noted - acknowledged))
    redis.call('SET', seen, (string.gsub(text(seen), '%d+$', pending)))
  end
`

/** Also removes waiting letters. Own key: waiting. */
export function removing(script: string): string {
  return settling(script, 1, 0, REMOVE)
}

/** An empty stream would still be held as a loss. */
const REMOVE = `
  redis.call('XDEL', KEYS[1], unpack(ids))
  if redis.call('XLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[1]) end
`

/**
 * Dead-letters messages. Those with a bad signature are held as a loss until every mandate that they could concern has
 * expired. The hold starts at the time in the message's id, or now if that is in the future.
 *
 * - keys: dead letters, waiting, tried, unverified
 * - arguments: hold time, 1 if such losses are given up, the name of the signature keys, the most letters to keep, then
 *   for each letter: id, reason, payload, 1 if its signature is bad, 1 if it waits for another key
 */
export const BURY = `${HOLD}${TEXT}${NOW}
local dead, waiting, tried, unverified = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local holdMs, isGivenUp, keys, kept = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3], ARGV[4]
local time = now()
local newest = redis.call('XREVRANGE', waiting, '+', '-', 'COUNT', 1)[1]
local isTried = not newest or text(tried) == keys .. ' ' .. newest[1]
local added
for at = 5, #ARGV, 5 do
  local id, reason, payload = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  redis.call('XADD', dead, 'MAXLEN', '~', kept, '*', 'source_id', id, 'reason', reason, 'payload', payload)
  local left = holdMs - math.max(0, time - tonumber(string.match(id, '^%d+')))
  if ARGV[at + 3] == '1' and left > 0 and not isGivenUp then
    if ARGV[at + 4] == '1' then
      local oldest = string.format('%.0f', math.max(0, time - holdMs))
      added = redis.call('XADD', waiting, 'MINID', oldest, '*', 'source_id', id, 'payload', payload)
      if redis.call('PTTL', waiting) < left then redis.call('PEXPIRE', waiting, string.format('%.0f', left)) end
    else
      hold(unverified, left)
    end
  end
end
if added and isTried then redis.call('SET', tried, keys .. ' ' .. added, 'PX', redis.call('PTTL', waiting)) end
return (#ARGV - 4) / 5
`

/**
 * Removes waiting letters that are done, saves how far they have been tried, and returns the next ones.
 *
 * - keys: waiting, tried, pass
 * - arguments: the number of this reading, how long to remember it, the first id, most letters, the name of the signature
 *   keys, the id up to which they have been tried ('' if unchanged), how many letters are to be removed, their ids, the
 *   ids of those that were removed before
 * - an error if Redis has not heard of the readings before, or one of the latter is there: the letters are then to be
 *   tried again
 */
export const RETRY = `${TEXT}${HEAR}
local waiting, tried, done = KEYS[1], KEYS[2], 7 + tonumber(ARGV[7])
for at = done + 1, #ARGV do
  if redis.call('XRANGE', waiting, ARGV[at], ARGV[at])[1] then return redis.error_reply('ERR letter is back') end
end
-- Only now: another Redis may answer for this one, and all that follows would count here.
if not hear(KEYS[3], ARGV[1], ARGV[2]) then return redis.error_reply('ERR letters are back') end
for at = 8, done do redis.call('XDEL', waiting, ARGV[at]) end
if redis.call('XLEN', waiting) == 0 then
  redis.call('DEL', waiting, tried)
  return {}
end
local left = redis.call('PTTL', waiting)
local newest = ARGV[6] ~= '' and redis.call('XREVRANGE', waiting, ARGV[6], '-', 'COUNT', 1)[1]
if newest and left > 0 then redis.call('SET', tried, ARGV[5] .. ' ' .. newest[1], 'PX', left) end
return redis.call('XRANGE', waiting, ARGV[3], '+', 'COUNT', ARGV[4])
`

/**
 * Writes the heartbeat: everything that was in the streams at this time has been applied. The time is that of the first
 * readings, or of the consumer if that says an earlier one. Not written while a loss is
 * held, while a message is unread or pending that was in the stream when the pass began, or if Redis has not heard of every
 * reading of the pass: after a failover it may have neither the losses that were found nor the messages that were read.
 *
 * - keys: heartbeat, then for each stream: stream, pass, trimmed, unverified, restarted, waiting
 * - arguments: the time of the consumer, or '' if the pass left messages unread, then for each stream: group, the number of the last
 *   reading
 * - returns: 1 if it was written, then the kinds of loss that are held
 */
export const BEAT = `${TEXT}${HEAR}
local kinds = { 'trimmed', 'unverified', 'restarted', 'unverified' }
local held, isIdle, beat = {}, ARGV[1] ~= '', tonumber(ARGV[1])
for at = 2, #KEYS, 6 do
  for kind = 1, 4 do
    if redis.call('EXISTS', KEYS[at + kind + 1]) == 1 then table.insert(held, kinds[kind]) end
  end
end
for at = 2, #ARGV, 2 do
  local key = at * 3 - 4
  local number, time, bound, drained = noted(KEYS[key + 1])
  isIdle = isIdle and number == ARGV[at + 1] and drained == '1'
    and #redis.call('XPENDING', KEYS[key], ARGV[at], '-', bound, 1) == 0
  beat = isIdle and math.min(beat, tonumber(time))
  -- Only a repetition of this may still ask for it. A pass may be allowed to take days.
  redis.call('PEXPIRE', KEYS[key + 1], 60000)
end
local isClean = isIdle and #held == 0
if isClean then redis.call('SET', KEYS[1], string.format('%.0f', beat)) end
return { isClean and 1 or 0, unpack(held) }
`
