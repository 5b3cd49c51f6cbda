// The producers' side of the streams: messages signed without any help of this package, written straight to Redis.

import { createHmac } from 'node:crypto'
import { type SyncReport, type SyncRevocationsOptions, syncRevocations } from 'caracal-edge/upstash'
import { PATIENT, type TestRedis, type Value } from './support.ts'

export const REVOCATIONS = 'caracal.sessions.revoke'
export const DELEGATIONS = 'caracal.delegations.invalidate'
export const GROUPS = {
  [REVOCATIONS]: 'resource-revocation',
  [DELEGATIONS]: 'resource-delegation-invalidation',
} as const
export const PREFIX = 'caracal:revoked:sessions:'
export const HMAC_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

/** A key that passes do not have unless a test gives it to them. */
export const NEW_KEY = 'ab'.repeat(32)
export const STREAMS = [REVOCATIONS, DELEGATIONS] as const

export type StreamName = keyof typeof GROUPS
export interface Fields {
  readonly [name: string]: string
}
/** A message as a list of names and values, for what an object cannot say. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** The text that is signed (protocol §5). */
export function canonicalText(stream: string, fields: Fields | Pairs): string {
  const signed = pairsOf(fields).filter(([name]) => name !== '_sig')
  signed.sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
  return [`${stream}\n`, ...signed.map(([name, value]) => `${name}=${value}\n`)].join('')
}

export function signatureOf(stream: string, fields: Fields | Pairs, key = HMAC_KEY): string {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(canonicalText(stream, fields)).digest('hex')
}

export function signed(stream: string, fields: Fields, key = HMAC_KEY): Fields {
  return { ...fields, _sig: signatureOf(stream, fields, key) }
}

/** Writes messages as they are. */
export async function add(
  redis: TestRedis,
  stream: string,
  messages: readonly (Fields | Pairs)[],
): Promise<string[]> {
  const ids = await redis.runAll(messages.map((fields) => ['XADD', stream, '*', ...pairsOf(fields).flat()]))
  return ids.map(String)
}

/** Signs messages and writes them. */
export function publish(redis: TestRedis, stream: StreamName, ...messages: readonly Fields[]) {
  return add(
    redis,
    stream,
    messages.map((fields) => signed(stream, fields)),
  )
}

export function revocationOf(...sids: readonly string[]): Fields[] {
  return sids.map((sid) => ({ zone_id: issuerZone, session_id: sid, reason: 'test' }))
}

export function epochsOf(...epochs: readonly (number | bigint | string)[]): Fields[] {
  return epochs.map((epoch) => ({ zone_id: issuerZone, epoch: String(epoch) }))
}

export function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `record-${at}`)
}

/** Announcements for either stream. */
export function announcementsOf(stream: StreamName, count: number): readonly Fields[] {
  return stream === REVOCATIONS ? revocationOf(...namesOf(count)) : epochsOf(...Array(count).keys())
}

/** Another consumer reads messages, and does nothing with them. */
export async function deliverTo(
  redis: TestRedis,
  stream: StreamName,
  count: number,
  consumer = 'other',
): Promise<void> {
  await redis.run('XREADGROUP', 'GROUP', GROUPS[stream], consumer, 'COUNT', count, 'STREAMS', stream, '>')
}

const issuerZone = 'zone-1'

/** One pass, as its caller has it in production. */
export function strictSync(redis: TestRedis, options: SyncRevocationsOptions = {}): Promise<SyncReport> {
  return syncRevocations({ ...redis.database, ...PATIENT, hmacKey: HMAC_KEY, ...options })
}

/** One pass for tests that are about something else than losses: it gives all of them up. */
export function sync(redis: TestRedis, options: SyncRevocationsOptions = {}): Promise<SyncReport> {
  return strictSync(redis, { giveUp: ['trimmed', 'unverified', 'restarted'], ...options })
}

/** What a pass reports that found everything in order. */
export function caughtUp(counts: { applied?: number; deadLettered?: number } = {}): SyncReport {
  return {
    ...{ applied: 0, deadLettered: 0, pending: 0, caughtUp: true, fault: undefined, olderKeyUsed: false },
    ...counts,
  }
}

/** What a pass reports that found no loss, and left something to do. */
export function behind(report: Partial<SyncReport> = {}): SyncReport {
  return { ...caughtUp(), caughtUp: false, ...report }
}

/** The messages that are delivered and not acknowledged, with who has them. */
export async function pendingIn(redis: TestRedis, stream: StreamName) {
  const groups = (await redis.run('EXISTS', stream)) === 1 ? await redis.run('XINFO', 'GROUPS', stream) : []
  if (!listOf(groups).some((group) => listOf(group).includes(GROUPS[stream]))) return []
  const rows = await redis.run('XPENDING', stream, GROUPS[stream], '-', '+', 100_000)
  return listOf(rows).map((row) => {
    const [id, consumer] = listOf(row)
    return { id: String(id), consumer: String(consumer) }
  })
}

/** Lets time pass for what is pending, which Redis can be told. */
export async function age(redis: TestRedis, stream: StreamName, idleMs = 40_000): Promise<void> {
  const pending = await pendingIn(redis, stream)
  await redis.runAll(
    pending.map(({ id, consumer }) => [
      'XCLAIM',
      stream,
      GROUPS[stream],
      consumer,
      0,
      id,
      'IDLE',
      idleMs,
      'JUSTID',
    ]),
  )
}

export interface DeadLetter {
  readonly source_id: string
  readonly reason: string
  readonly payload: unknown
}

export async function deadLettersOf(redis: TestRedis, stream: StreamName): Promise<DeadLetter[]> {
  const letters = await redis.run('XRANGE', `${stream}.dead`, '-', '+')
  return listOf(letters).map((letter) => {
    const [, pairs] = listOf(letter)
    const texts = listOf(pairs).map(String)
    const fields = Object.fromEntries(texts.flatMap((name, at) => (at % 2 ? [] : [[name, texts[at + 1]]])))
    return { ...fields, payload: JSON.parse(String(fields.payload)) } as DeadLetter
  })
}

/** The keys of marks and epochs, sorted: everything under the prefix that passes do not keep for themselves. */
export async function marksIn(redis: TestRedis, prefix = PREFIX): Promise<string[]> {
  const keys = listOf(await redis.run('KEYS', `${prefix}*`)).map(String)
  return keys.filter((key) => !key.startsWith(`${prefix}sync-`)).sort()
}

/** Which of the ids are revoked as far as Redis is concerned. */
export async function revokedAmong(redis: TestRedis, ids: readonly string[]): Promise<string[]> {
  const values = await redis.runAll(ids.map((id) => ['EXISTS', `${PREFIX}${id}`]))
  return ids.filter((_, at) => values[at] === 1)
}

export async function epochIn(redis: TestRedis, zoneId = issuerZone): Promise<Value> {
  return redis.run('GET', `${PREFIX}delegation-epoch:${zoneId}`)
}

export function listOf(value: Value | undefined): readonly Value[] {
  if (!Array.isArray(value)) throw new Error('Redis gave no list.')
  return value
}

function pairsOf(fields: Fields | Pairs): [name: string, value: string][] {
  const pairs: Pairs = isPairs(fields) ? fields : Object.entries(fields)
  return pairs.map(([name, value]) => [name, value])
}

function isPairs(fields: Fields | Pairs): fields is Pairs {
  return Array.isArray(fields)
}
