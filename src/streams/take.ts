// The Lua script that reads a stream. It records losses in the same step, before anything can hide them.

import { HOLD, IDS, TEXT } from './scripts.ts'

/**
 * Checks stream and group for losses, records them, and returns the next messages: first those that have been pending
 * for long, then new ones.
 *
 * - keys: stream, seen, trimmed, unverified, restarted, waiting, tried
 * - arguments: group, consumer, where to begin among pending messages ('' to read new ones only), most messages, idle time, hold
 *   time, kinds of loss that are given up, about how many bytes to return: a larger message is returned without fields
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
-- A reply that is too large for the endpoint would never arrive. Whoever can write to the stream could see to that.
local most, count, kept, handled = tonumber(ARGV[8]), tonumber(ARGV[4]), 0, 0
local function keep(message)
  local size = 0
  for _, text in ipairs(message[2]) do size = size + #text + 8 end
  handled = handled + size
  if size > most then message = { message[1] } else kept = kept + size end
  table.insert(messages, message)
end
local function isFull() return #messages >= count or kept >= most or handled >= 32 * most end
if ARGV[3] ~= '' and group.pending > 0 then
  local idle = redis.call('XPENDING', stream, name, 'IDLE', ARGV[5], ARGV[3], '+', count)
  for at, entry in ipairs(idle) do
    local message = redis.call('XCLAIM', stream, name, ARGV[2], ARGV[5], entry[1])[1]
    if message then keep(message)
    else
      -- Pending for long, and no longer in the stream. Older versions of Redis would keep it pending.
      lose('trimmed')
      redis.call('XACK', stream, name, entry[1])
    end
    if at == count or isFull() then
      nextCursor = '(' .. entry[1]
      break
    end
  end
end
if #messages == 0 and nextCursor == '' then
  isRead = 1
  local new
  repeat
    new = redis.call('XREADGROUP', 'GROUP', name, ARGV[2], 'COUNT', 1, 'STREAMS', stream, '>')
    if new then keep(new[1][2][1]) end
  until not new or isFull()
  if #messages > 0 then
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
