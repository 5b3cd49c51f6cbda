// The Lua script that reads a stream. It records losses in the same step, before anything can hide them.

import { HEAR, HOLD, IDS, TEXT } from './scripts.ts'

/**
 * Checks stream and group for losses, records them, and returns the next messages: first those that have been pending
 * for long, then new ones.
 *
 * - keys: stream, seen, trimmed, unverified, restarted, waiting, tried, pass
 * - arguments: group, consumer, where to begin among pending messages ('' to read new ones only), most messages, idle
 *   time, hold time, kinds of loss that are given up, about how many bytes to return: a larger message is returned
 *   without fields; the number of this reading, how long to remember it, the name of the stream
 * - returns: the next cursor or '', 1 if new messages were read, the messages, the last id of the
 *   waiting letters or '', how far they have been tried
 */
export const TAKE = `${IDS}${HOLD}${TEXT}${HEAR}
local stream, name, holdMs = KEYS[1], ARGV[1], tonumber(ARGV[6])
if stream ~= ARGV[11] then return redis.error_reply('KEYPREFIX the client changes the names of keys') end
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
local first, final = info['first-entry'] and info['first-entry'][1], info['last-entry'] and info['last-entry'][1]
local delivered, read = group['last-delivered-id'], added and group['entries-read'] or nil

-- The marker of the last pass: the stream's last id and how many messages were ever added to it; up to which id
-- messages had been read, and how many were ever added up to there; how many were pending.
local seenLast, seenAdded, upTo, counted, seenPending =
  string.match(text(KEYS[2]), '^(%d+%-%d+) (%-?%d+) (%d+%-%d+) (%-?%d+) (%d+)$')
counted = added and tonumber(counted)
if counted and counted < 0 then counted = nil end
if not seenLast or after(seenLast, last) or (added and added < tonumber(seenAdded)) then
  lose('restarted')
  upTo, counted = nil, nil
elseif group.consumers == 0 and (tonumber(seenPending) > 0 or (counted == 0 and not read)) then
  -- The consumers of passes are gone: with what was pending, or with a group that had read nothing and is made again.
  lose('restarted')
end
if last == '18446744073709551615-18446744073709551615' then
  -- No message can be added after this id.
  lose('trimmed')
end
if after(delivered, last) then
  -- The group was set beyond the end of the stream, and would skip messages that are still to come.
  lose('trimmed')
  redis.call('XGROUP', 'SETID', stream, name, '0')
  delivered, read = '0-0', nil
end
-- The last pass left messages that it could not count: what was cut of them since is in no count.
if upTo and added and not counted and after(seenLast, upTo) then lose('trimmed') end
local base
if not upTo then
  if delivered == '0-0' and not isNew then read = read or 0 end
  upTo, counted = delivered, read
elseif after(delivered, upTo) then
  -- Another consumer has read on; or this is another group; or, if it has no counter, it was set forward.
  if counted and read and read <= counted then lose('restarted') end
  if not read then base = counted end
  upTo, counted = delivered, read
end
-- A group that was set back reads messages again. So only those after upTo can be missing. How many are left is counted
-- one by one only where there is no other way, in lots, because messages may be large, and not if there are very many.
local left
if not final or not after(final, upTo) then left = 0
elseif after(first, upTo) then left = length
elseif added and not counted then
  -- Nothing can be asked for after the largest id.
  local from, found = upTo, 0
  repeat
    local lot = redis.call('XRANGE', stream, '(' .. from, '+', 'COUNT', 20)
    found = found + #lot
    from = #lot > 0 and lot[#lot][1]
    if #lot < 20 or from == final then left = found end
  until left or found >= 1000
end
if added and left then
  base = base or counted
  if base and added - base > left then lose('trimmed')
  elseif base and added - base < left then lose('restarted') end
  counted = added - left
elseif added and not counted then
  -- The next loss could not be seen.
  lose('trimmed')
end
-- Redis would not create the consumer before there is a message for it.
redis.pcall('XGROUP', 'CREATECONSUMER', stream, name, ARGV[2])
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
    local message = redis.call('XCLAIM', stream, name, ARGV[2], 0, entry[1])[1]
    if message then keep(message)
    else
      -- Pending for long, and no longer in the stream. Older versions of Redis would keep it pending.
      lose('trimmed')
      redis.call('XACK', stream, name, entry[1])
    end
    if at == count or isFull() then
      if entry[1] ~= last then nextCursor = '(' .. entry[1] end
      break
    end
  end
end
if #messages == 0 and nextCursor == '' then
  isRead = 1
  local new
  repeat
    new = redis.call('XREADGROUP', 'GROUP', name, ARGV[2], 'COUNT', 1, 'STREAMS', stream, '>')
    if new then
      local message = new[1][2][1]
      keep(message)
      if after(message[1], upTo) then upTo, counted = message[1], counted and counted + 1 end
    end
  until not new or isFull()
end
group = groupIn()
delivered, read = group['last-delivered-id'], group['entries-read'] or nil
-- After a loss the counter of Redis is wrong or missing. It is needed if another consumer of the group reads on.
if counted and delivered == upTo and read ~= counted then
  redis.pcall('XGROUP', 'SETID', stream, name, delivered, 'ENTRIESREAD', string.format('%.0f', counted))
end
local seen = string.format('%s %.0f %s %.0f %.0f', last, added or -1, upTo, counted or -1, group.pending)
if seen ~= text(KEYS[2]) then redis.call('SET', KEYS[2], seen) end
hear(KEYS[8], ARGV[9], ARGV[10], last, isRead == 1 and #messages == 0 and '1' or '0')
local newest = redis.call('XREVRANGE', waiting, '+', '-', 'COUNT', 1)[1]
return { nextCursor, isRead, messages, newest and newest[1] or '', text(tried) }
`
