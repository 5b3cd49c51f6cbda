// The commands about the groups that read a stream.

import type { Keyspace } from './keyspace.ts'
import { notServed, OK, type Reply, refuse } from './replies.ts'
import { type Group, type Pending, Stream } from './stream.ts'
import { type Handler, messageReply, wholeNumber } from './stream-commands.ts'
import { compareIds, idText, lowerBound, parseId, type StreamId, upperBound } from './stream-id.ts'

const noGroup = () => refuse('NOGROUP No such consumer group for key name')

function groupOf(keys: Keyspace, key: string, name: string): readonly [Stream, Group] {
  const stream = keys.stream(key) ?? noGroup()
  return [stream, stream.groups.get(name) ?? noGroup()]
}

const startIn = (text: string, stream: Stream): StreamId => (text === '$' ? stream.lastId : parseId(text))

const xgroup: Handler = (keys, [what = '', key = '', name = '', ...rest]) => {
  const [id = '', ...options] = rest
  const isServed = /^(create|setid|createconsumer|destroy)$/i.test(what)
  if (isServed && keys.stream(key) === undefined && options[0]?.toUpperCase() !== 'MKSTREAM')
    return refuse('ERR The XGROUP subcommand requires the key to exist')
  switch (what.toUpperCase()) {
    case 'CREATE': {
      const stream = keys.stream(key) ?? new Stream()
      if (stream.groups.has(name)) return refuse('BUSYGROUP Consumer Group name already exists')
      const delivered = startIn(id, stream)
      stream.groups.set(name, { delivered, entriesRead: null, consumers: new Set(), pending: new Map() })
      if (keys.entry(key) === undefined) keys.set(key, stream)
      return OK
    }
    case 'SETID': {
      const [stream, group] = groupOf(keys, key, name)
      group.delivered = startIn(id, stream)
      group.entriesRead = options[0]?.toUpperCase() === 'ENTRIESREAD' ? wholeNumber(options[1]) : null
      return OK
    }
    case 'CREATECONSUMER': {
      const [, { consumers }] = groupOf(keys, key, name)
      if (consumers.has(id)) return 0
      consumers.add(id)
      return 1
    }
    case 'DESTROY':
      return keys.stream(key)?.groups.delete(name) ? 1 : 0
    default:
      return notServed(`XGROUP ${what}`)
  }
}

/** `XREADGROUP GROUP group consumer [COUNT count] STREAMS key >` */
const xreadgroup: Handler = (keys, [word = '', name = '', consumer = '', ...rest]) => {
  const count = rest[0]?.toUpperCase() === 'COUNT' ? wholeNumber(rest[1]) : Number.POSITIVE_INFINITY
  const [streams = '', key = '', from = '', ...more] = rest.slice(Number.isFinite(count) ? 2 : 0)
  if (
    word.toUpperCase() !== 'GROUP' ||
    streams.toUpperCase() !== 'STREAMS' ||
    from !== '>' ||
    more.length > 0
  ) {
    return notServed('XREADGROUP in this form')
  }
  const [stream, group] = groupOf(keys, key, name)
  group.consumers.add(consumer)
  const messages = stream.deliver(group, consumer, count)
  return messages.length === 0 ? null : [[key, messages.map(messageReply)]]
}

const xack: Handler = (keys, [key = '', name = '', ...ids]) => {
  const group = keys.stream(key)?.groups.get(name)
  return ids.filter((id) => group?.pending.delete(idText(parseId(id)))).length
}

const inOrder = ({ pending }: Group): readonly Pending[] =>
  [...pending.values()].sort((one, other) => compareIds(one.id, other.id))

/** `XPENDING key group`, or with `[IDLE ms] from to count`. */
const xpending: Handler = (keys, [key = '', name = '', ...rest]) => {
  const [, group] = groupOf(keys, key, name)
  const all = inOrder(group)
  if (rest.length === 0) return summaryOf(all)
  const isIdle = rest[0]?.toUpperCase() === 'IDLE'
  const idleMs = isIdle ? wholeNumber(rest[1]) : 0
  const [from = '-', to = '+', count, ...more] = rest.slice(isIdle ? 2 : 0)
  if (more.length > 0) return notServed('XPENDING of one consumer')
  const [isAfter, isBefore, now] = [lowerBound(from), upperBound(to), Date.now()]
  return all
    .filter(({ id, deliveredAt }) => isAfter(id) && isBefore(id) && now - deliveredAt >= idleMs)
    .slice(0, wholeNumber(count))
    .map(({ id, consumer, deliveredAt, deliveries }) => [idText(id), consumer, now - deliveredAt, deliveries])
}

function summaryOf(all: readonly Pending[]): Reply {
  const [first, last] = [all[0], all.at(-1)]
  if (first === undefined || last === undefined) return [0, null, null, null]
  const counts = new Map<string, number>()
  for (const { consumer } of all) counts.set(consumer, (counts.get(consumer) ?? 0) + 1)
  return [
    all.length,
    idText(first.id),
    idText(last.id),
    [...counts].map(([name, count]) => [name, String(count)]),
  ]
}

/** `XCLAIM key group consumer min-idle-ms id …` */
const xclaim: Handler = (keys, [key = '', name = '', consumer = '', idleMs = '', ...ids]) => {
  const [stream, group] = groupOf(keys, key, name)
  return ids.flatMap((text) => {
    const id = parseId(text)
    const pending = group.pending.get(idText(id))
    if (pending === undefined || Date.now() - pending.deliveredAt < wholeNumber(idleMs)) return []
    const message = stream.find(id)
    if (message === undefined) {
      // As Redis 7 does it: what is no longer in the stream is no longer pending.
      group.pending.delete(idText(id))
      return []
    }
    group.consumers.add(consumer)
    Object.assign(pending, { consumer, deliveredAt: Date.now(), deliveries: pending.deliveries + 1 })
    return [messageReply(message)]
  })
}

export const GROUP_COMMANDS = { xgroup, xreadgroup, xack, xpending, xclaim } as const
