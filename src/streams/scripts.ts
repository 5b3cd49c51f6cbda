// The Lua scripts of a pass. Redis runs each atomically, so that a loss is recorded before anything can hide it, even
// if a reply is lost or other consumers run at the same time.

/** Ids are compared as strings: their parts may be larger than a Lua number can represent exactly. */
const IDS = `
local function after(one, other)
  local ms, count = string.match(one, '^(%d+)-(%d+)$')
  local otherMs, otherCount = string.match(other, '^(%d+)-(%d+)$')
  if ms ~= otherMs then return #ms > #otherMs or (#ms == #otherMs and ms > otherMs) end
  return #count > #otherCount or (#count == #otherCount and count > otherCount)
end
`

/** Holds a loss for a time from now on. A hold never gets shorter. */
const HOLD = `
local function hold(key, ms)
  if redis.call('PTTL', key) < ms then redis.call('SET', key, '1', 'PX', string.format('%.0f', ms)) end
end
`

const TEXT = `
local function text(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and value or ''
end
`

/**
 * Checks stream and group for losses, records them, and returns the next messages: first those that have been pending
 * for long, then new ones.
 *
 * - keys: stream, seen, trimmed, unverified, restarted, waiting, tried
 * - arguments: group, consumer, cursor for pending messages ('' to read new ones only), most messages, idle time, hold
 *   time, kinds of loss that are given up
 * - returns: the stream's last id, the next cursor or '', 1 if new messages were read, the messages, the last id of the
 *   waiting letters or '', how far they have been tried
 */
export const TAKE = `${IDS}${HOLD}${TEXT}
local stream, name, holdMs = KEYS[1], ARGV[1], tonumber(ARGV[6])
local losses = { trimmed = KEYS[3], unverified = KEYS[4], restarted = KEYS[5] }
local waiting, tried = KEYS[6], KEYS[7]
local givenUp = {}
for kind in string.gmatch(ARGV[7], '%a+') do givenUp[kind] = true end
local function lose(kind)
  if not givenUp[kind] then hold(losses[kind], holdMs) end
end
local function members(flat)
  local found = {}
  for at = 1, #flat, 2 do found[flat[at]] = flat[at + 1] end
  return found
end
local function groupIn()
  if redis.call('EXISTS', stream) == 0 then return nil end
  for _, one in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local group = members(one)
    if group.name == name then return group end
  end
end

for kind, key in pairs(losses) do
  if givenUp[kind] then redis.call('DEL', key)
  elseif redis.call('PTTL', key) == -1 then redis.call('PEXPIRE', key, holdMs) end
end
local kept = redis.call('TYPE', waiting).ok
if givenUp.unverified then redis.call('DEL', waiting, tried)
elseif kept ~= 'none' and kept ~= 'stream' then
  lose('unverified')
  redis.call('DEL', waiting, tried)
elseif redis.call('PTTL', waiting) == -1 then redis.call('PEXPIRE', waiting, holdMs) end

local group = groupIn()
local isNew = not group
if isNew then
  lose('restarted')
  redis.call('XGROUP', 'CREATE', stream, name, '0', 'MKSTREAM')
  group = groupIn()
end
local info = members(redis.call('XINFO', 'STREAM', stream))
local last, added, length = info['last-generated-id'], info['entries-added'], info['length']
local first = info['first-entry'] and info['first-entry'][1]
local deleted = info['max-deleted-entry-id'] or '0-0'
local delivered, read = group['last-delivered-id'], group['entries-read'] or nil

local seenLast, seenAdded, seenDelivered, seenRead, known, seenDeleted =
  string.match(text(KEYS[2]), '^(%d+%-%d+) (%-?%d+) (%d+%-%d+) (%-?%d+) (%d+) (%d+%-%d+)$')
seenAdded, seenRead, known = tonumber(seenAdded), tonumber(seenRead), tonumber(known) or 0
if not seenLast or after(seenLast, last) or (added and added < seenAdded) then
  lose('restarted')
  seenDelivered, known, seenDeleted = nil, 0, nil
end

-- A group that was set beyond the end of the stream would skip messages that are still to come.
if after(delivered, last) then
  lose('trimmed')
  redis.call('XGROUP', 'SETID', stream, name, '0')
  delivered, read = '0-0', nil
end
-- How many messages of the stream the group has not read. Known only if it has read all of them, or none.
local unread
if delivered == last or not first then unread = 0
elseif after(first, delivered) then unread = length end
-- A group that was set back reads messages again. Only later ones can be missing.
local base, isWhole = read, isNew
if seenDelivered and after(seenDelivered, delivered) then
  if not after(first or last, seenDelivered) then isWhole = true
  elseif seenRead >= 0 then base = seenRead end
end
-- Redis drops the counter when the group is set forward.
if not read and seenDelivered and seenRead >= 0 and after(delivered, seenDelivered) then lose('trimmed') end
local lost = known
if added and unread then
  lost = 0
  if base or read or delivered == '0-0' then
    lost = added - (read or base or 0) - unread
    if added - (base or 0) - unread > known and not isWhole then lose('trimmed') end
  end
  if lost ~= 0 or not read then
    -- Correct the counter to the group's position. Otherwise a loss would be reported for ever, or never.
    local counted = string.format('%.0f', added - unread)
    local set = redis.pcall('XGROUP', 'SETID', stream, name, delivered, 'ENTRIESREAD', counted)
    if not set.err then read, lost = added - unread, 0 end
  end
end
-- A single message that the group had not read was deleted.
local isDeleted = after(deleted, delivered) and not isNew
if isDeleted and not (seenDelivered and (not after(deleted, seenDelivered) or not after(deleted, seenDeleted))) then
  lose('trimmed')
end
-- Redis drops the counter in the middle of a stream in which a message was deleted, or where a group was set. Without
-- it the next loss could not be seen. What is left to read is counted in lots, because messages may be large.
local function recount()
  if not added or read or delivered == '0-0' then return end
  local rest, from = 0, '(' .. delivered
  repeat
    local some = redis.call('XRANGE', stream, from, '+', 'COUNT', 20)
    rest = rest + #some
    from = #some > 0 and '(' .. some[#some][1]
  until #some < 20
  local counted = string.format('%.0f', added - rest)
  local set = redis.pcall('XGROUP', 'SETID', stream, name, delivered, 'ENTRIESREAD', counted)
  if not set.err then read = added - rest end
end
recount()
local nextCursor, isRead, messages = '', 0, {}
if ARGV[3] ~= '' and group.pending > 0 then
  local claimed = redis.call('XAUTOCLAIM', stream, name, ARGV[2], ARGV[5], ARGV[3], 'COUNT', ARGV[4])
  if claimed[1] ~= '0-0' then nextCursor = claimed[1] end
  -- Pending, but no longer in the stream: newer versions of Redis list them, older ones leave a gap.
  if claimed[3] and #claimed[3] > 0 then lose('trimmed') end
  for _, message in ipairs(claimed[2]) do
    if message then table.insert(messages, message) else lose('trimmed') end
  end
end
if #messages == 0 and nextCursor == '' then
  isRead = 1
  local new = redis.call('XREADGROUP', 'GROUP', name, ARGV[2], 'COUNT', ARGV[4], 'STREAMS', stream, '>')
  if new then
    messages = new[1][2]
    group = groupIn()
    delivered, read = group['last-delivered-id'], group['entries-read'] or nil
    recount()
  end
end
local seen = string.format(
  '%s %.0f %s %.0f %.0f %s', last, added or -1, delivered, read or -1, math.max(lost, 0), deleted
)
if seen ~= text(KEYS[2]) then redis.call('SET', KEYS[2], seen) end
local newest = redis.call('XREVRANGE', waiting, '+', '-', 'COUNT', 1)[1]
return { last, nextCursor, isRead, messages, newest and newest[1] or '', text(tried) }
`

/**
 * Dead-letters messages. Those with a bad signature are held as a loss until every mandate that they could concern has
 * expired. The hold starts at the time in the message's id, or now if that is in the future.
 *
 * - keys: dead letters, waiting, tried, unverified
 * - arguments: hold time, 1 if such losses are given up, the name of the signature keys, the most letters to keep, then
 *   for each letter: id, reason, payload, 1 if its signature is bad, 1 if it waits for another key
 */
export const BURY = `${HOLD}${TEXT}
local dead, waiting, tried, unverified = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local holdMs, isGivenUp, keys, kept = tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3], ARGV[4]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local newest = redis.call('XREVRANGE', waiting, '+', '-', 'COUNT', 1)[1]
local isTried = not newest or text(tried) == keys .. ' ' .. newest[1]
local added
for at = 5, #ARGV, 5 do
  local id, reason, payload = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  redis.call('XADD', dead, 'MAXLEN', '~', kept, '*', 'source_id', id, 'reason', reason, 'payload', payload)
  local left = holdMs - math.max(0, now - tonumber(string.match(id, '^%d+')))
  if ARGV[at + 3] == '1' and left > 0 and not isGivenUp then
    if ARGV[at + 4] == '1' then
      local oldest = string.format('%.0f', math.max(0, now - holdMs))
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
 * - keys: waiting, tried
 * - arguments: the first id, most letters, the name of the signature keys, the id up to which they have been tried (''
 *   if unchanged), the ids of letters that are done
 */
export const RETRY = `
local waiting, tried = KEYS[1], KEYS[2]
for at = 5, #ARGV do redis.call('XDEL', waiting, ARGV[at]) end
if redis.call('XLEN', waiting) == 0 then
  redis.call('DEL', waiting, tried)
  return {}
end
local left = redis.call('PTTL', waiting)
local newest = ARGV[4] ~= '' and redis.call('XREVRANGE', waiting, ARGV[4], '-', 'COUNT', 1)[1]
if newest and left > 0 then redis.call('SET', tried, ARGV[3] .. ' ' .. newest[1], 'PX', left) end
return redis.call('XRANGE', waiting, ARGV[1], '+', 'COUNT', ARGV[2])
`

/**
 * Writes the heartbeat: everything that was in the streams at this time has been applied. Not written while a loss is
 * held, or while a message is pending that was in the stream when the pass began.
 *
 * - keys: heartbeat, then for each stream: stream, trimmed, unverified, restarted, waiting
 * - arguments: the time, or '' if the pass left messages unread, then for each stream: group, last id at the beginning
 * - returns: 1 if it was written, then the kinds of loss that are held
 */
export const BEAT = `
local kinds = { 'trimmed', 'unverified', 'restarted', 'unverified' }
local held, isIdle = {}, ARGV[1] ~= ''
for at = 2, #KEYS, 5 do
  for kind = 1, 4 do
    if redis.call('EXISTS', KEYS[at + kind]) == 1 then table.insert(held, kinds[kind]) end
  end
end
for at = 2, #ARGV, 2 do
  local stream = KEYS[2 + (at - 2) / 2 * 5]
  isIdle = isIdle and #redis.call('XPENDING', stream, ARGV[at], '-', ARGV[at + 1], 1) == 0
end
local isClean = isIdle and #held == 0
if isClean then redis.call('SET', KEYS[1], ARGV[1]) end
return { isClean and 1 or 0, unpack(held) }
`
