// The commands about messages of a stream.

import type { Keyspace } from './keyspace.ts'
import { notServed, type Reply, refuse, wrongNumber } from './replies.ts'
import { type Message, Stream } from './stream.ts'
import { compareIds, FIRST, idText, parseId } from './stream-id.ts'

export type Handler = (keys: Keyspace, args: readonly string[]) => Reply

export function wholeNumber(text: string | undefined): number {
  if (text !== undefined && /^-?\d{1,15}$/.test(text)) return Number(text)
  return refuse('ERR value is not an integer or out of range')
}

export const messageReply = ({ id, fields }: Message): Reply => [idText(id), fields]

/** `XADD key [MAXLEN|MINID [=|~] threshold] * field value …` */
const xadd: Handler = (keys, [key = '', ...rest]) => {
  const left = [...rest]
  let trim: ((stream: Stream) => void) | undefined
  const by = left[0]?.toUpperCase()
  if (by === 'NOMKSTREAM') return notServed('XADD with NOMKSTREAM')
  if (by === 'MAXLEN' || by === 'MINID') {
    left.shift()
    if (left[0] === '~' || left[0] === '=') left.shift()
    const threshold = left.shift() ?? ''
    if (by === 'MAXLEN' && wholeNumber(threshold) < 0) refuse('ERR The MAXLEN argument must be >= 0.')
    trim =
      by === 'MAXLEN'
        ? (stream) => stream.keepNewest(wholeNumber(threshold))
        : (stream) => stream.keepFrom(parseId(threshold))
  }
  const [given = '', ...fields] = left
  if (fields.length === 0 || fields.length % 2 === 1) return wrongNumber('xadd')
  const stream = keys.stream(key) ?? new Stream()
  const id = given === '*' ? stream.newId() : parseId(given)
  if (compareIds(id, FIRST) === 0) refuse('ERR The ID specified in XADD must be greater than 0-0')
  if (compareIds(id, stream.lastId) <= 0) {
    refuse('ERR The ID specified in XADD is equal or smaller than the target stream top item')
  }
  stream.add({ id, fields })
  trim?.(stream)
  if (keys.entry(key) === undefined) keys.set(key, stream)
  return idText(id)
}

const xlen: Handler = (keys, [key = '']) => keys.stream(key)?.messages.length ?? 0

const xdel: Handler = (keys, [key = '', ...ids]) =>
  keys.stream(key)?.remove(ids.map((id) => parseId(id))) ?? 0

const limited = (messages: readonly Message[], [word, count]: readonly string[]): Reply =>
  (word === undefined ? messages : messages.slice(0, wholeNumber(count))).map(messageReply)

const xrange: Handler = (keys, [key = '', from = '-', to = '+', ...limit]) =>
  limited(keys.stream(key)?.range(from, to) ?? [], limit)

const xrevrange: Handler = (keys, [key = '', to = '+', from = '-', ...limit]) =>
  limited((keys.stream(key)?.range(from, to) ?? []).toReversed(), limit)

const xinfo: Handler = (keys, [what = '', key = '']) => {
  const stream = keys.stream(key) ?? refuse('ERR no such key')
  if (what.toUpperCase() === 'STREAM') return streamInfo(stream)
  if (what.toUpperCase() !== 'GROUPS') return notServed(`XINFO ${what}`)
  return [...stream.groups].map(([name, { consumers, pending, delivered, entriesRead }]) => [
    ...['name', name, 'consumers', consumers.size, 'pending', pending.size],
    ...['last-delivered-id', idText(delivered), 'entries-read', entriesRead],
    ...['lag', entriesRead === null ? null : stream.entriesAdded - entriesRead],
  ])
}

function streamInfo({ messages, lastId, entriesAdded, groups }: Stream): Reply {
  const [first, last] = [messages[0], messages.at(-1)]
  return [
    ...['length', messages.length, 'last-generated-id', idText(lastId)],
    ...['entries-added', entriesAdded, 'groups', groups.size],
    ...['first-entry', first === undefined ? null : messageReply(first)],
    ...['last-entry', last === undefined ? null : messageReply(last)],
  ]
}

export const STREAM_COMMANDS = { xadd, xlen, xdel, xrange, xrevrange, xinfo } as const
