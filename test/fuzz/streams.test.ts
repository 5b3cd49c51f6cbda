// Any messages in any order, and any command failing: only signed and sound ones change Redis, and none is lost.

import fc from 'fast-check'
import { expect } from 'vitest'
import {
  add,
  age,
  DELEGATIONS,
  deadLettersOf,
  HMAC_KEY,
  listOf,
  marksIn,
  PREFIX,
  pendingIn,
  REVOCATIONS,
  type StreamName,
  sync,
} from '../redis/streams.ts'
import { describeRedis, type Exchange, nameOf, type TestRedis } from '../redis/support.ts'
import { type Fate, fateOf, type Pairs, signatureOf } from './model-streams.ts'
import { property } from './runs.ts'

interface Message {
  readonly stream: StreamName
  readonly pairs: Pairs
}

const STREAMS = [REVOCATIONS, DELEGATIONS] as const
const ZONES = ['zone-1', 'zone-2']
const other = (stream: StreamName) => (stream === REVOCATIONS ? DELEGATIONS : REVOCATIONS)

const id = fc.constantFrom('a', 'b', 'c', 'd', '', 'é', 'x=y', 'x\ny')
const revocation = fc.oneof(
  { arbitrary: fc.record({ zone_id: fc.constantFrom(...ZONES), sid: fc.constant('') }), weight: 1 },
  { arbitrary: anyRevocation(), weight: 5 },
)

function anyRevocation() {
  return fc.record(
    {
      zone_id: fc.constantFrom(...ZONES),
      session_id: id,
      sid: id,
      root_sid: id,
      agent_session_id: id,
      delegation_edge_id: id,
      reason: fc.string(),
    },
    { requiredKeys: [] },
  )
}
const epoch = fc.oneof(
  { arbitrary: fc.nat(20).map(String), weight: 4 },
  { arbitrary: fc.constantFrom('007', '9007199254740993', '9'.repeat(40)), weight: 1 },
  { arbitrary: fc.constantFrom('', '-1', '+1', '1.0', '1e3', ' 1', '٣', '0x1', '9'.repeat(41)), weight: 1 },
)
const raising = fc.record(
  { zone_id: fc.constantFrom(...ZONES, ...ZONES, ...ZONES, ''), epoch },
  { requiredKeys: ['epoch'] },
)

/** What is done to a message after, or instead of, its being signed. */
const CHANGES: Readonly<Record<string, (pairs: Pairs, stream: StreamName) => Pairs>> = {
  'not signed': (pairs) => pairs,
  'signed by a stranger': (pairs, stream) => signed(stream, pairs, 'ff'.repeat(32)),
  'signed for the other stream': (pairs, stream) => signed(other(stream), pairs),
  'in capitals': (pairs, stream) => [...pairs, ['_sig', signatureOf(stream, pairs, HMAC_KEY).toUpperCase()]],
  'with half a signature': (pairs, stream) => [
    ...pairs,
    ['_sig', signatureOf(stream, pairs, HMAC_KEY).slice(0, 32)],
  ],
  'with one field more': (pairs, stream) => [...signed(stream, pairs), ['sid', 'more']],
  'with one field less': (pairs, stream) => signed(stream, pairs).slice(1),
  'with another value': (pairs, stream) =>
    signed(stream, pairs).map(([name, value], at) => [name, at === 0 ? `${value}1` : value]),
  'with a field twice': (pairs, stream) => signed(stream, [...pairs, ...pairs.slice(0, 1)]),
  'with unknown fields': (pairs, stream) => signed(stream, [...pairs, ['x', 'y'], ['é', ''], ['Z', '1']]),
  'in another order': (pairs, stream) => [...signed(stream, pairs)].reverse(),
}

function signed(stream: string, pairs: Pairs, key = HMAC_KEY): Pairs {
  return [...pairs, ['_sig', signatureOf(stream, pairs, key)]]
}

const message: fc.Arbitrary<Message> = fc
  .record({
    stream: fc.constantFrom(...STREAMS),
    revocation,
    raising,
    change: fc.option(fc.constantFrom(...Object.keys(CHANGES)), { freq: 2 }),
  })
  .map(({ stream, revocation, raising, change }) => {
    const fields: Pairs = Object.entries(stream === REVOCATIONS ? revocation : raising)
    const changed = CHANGES[change ?? '']?.(fields, stream) ?? signed(stream, fields)
    return { stream, pairs: changed.length === 0 ? [['x', 'y']] : changed }
  })

const REASONS = ['invalid_signature', 'missing_revocation_anchor', 'invalid_delegation_epoch']

/** Some commands of one name fail: they are refused, or carried out and not answered. */
interface Fault {
  readonly name: string
  readonly first: number
  readonly times: number
  readonly how: 'refused' | 'carried out'
}

const fault: fc.Arbitrary<Fault> = fc.record({
  name: fc.constantFrom('MARK', 'MARK', 'RAISE', 'RAISE', 'BURY', 'BURY', 'TAKE', 'TAKE', 'BEAT'),
  first: fc.constantFrom(0, 0, 0, 1, 2),
  times: fc.integer({ min: 1, max: 6 }),
  how: fc.constantFrom('refused', 'refused', 'carried out'),
})

describeRedis('the streams', (redis) => {
  property('any messages in any order', {
    cases: fc.noBias(
      fc.record({
        messages: fc.array(message, { minLength: 1, maxLength: 12 }),
        before: fc.option(fc.nat(30), { nil: undefined }),
        fault: fc.option(fault, { nil: undefined, freq: 8 }),
      }),
    ),
    runs: 25,
    classes: [...['revoked', 'raised', 'left pending'], ...REASONS],
    async check({ messages, before, fault }) {
      await redis.reset()
      if (before !== undefined) await redis.run('SET', epochKey('zone-1'), before)
      const fates = new Map<string, Fate>()
      for (const stream of STREAMS) {
        const own = messages.filter((one) => one.stream === stream).map(({ pairs }) => pairs)
        const ids = own.length === 0 ? [] : await add(redis, stream, own)
        for (const [at, pairs] of own.entries())
          fates.set(`${stream} ${ids[at]}`, fateOf(stream, pairs, HMAC_KEY))
      }
      const cameUp = fault === undefined ? [] : await passWith(redis, fault, fates)
      for (const stream of STREAMS) await age(redis, stream)
      expect(await sync(redis)).toMatchObject({ pending: 0, caughtUp: true, fault: undefined })
      await expectEnd(redis, fates, before)
      return [...cameUp, ...[...fates.values()].map(kindOf)]
    },
  })
})

function kindOf(fate: Fate): string {
  if ('buried' in fate) return fate.buried
  return 'anchors' in fate ? 'revoked' : 'raised'
}

/** A pass in which commands fail. What it acknowledges has had its effect by then. */
async function passWith(
  redis: TestRedis,
  { name, first, times, how }: Fault,
  fates: ReadonlyMap<string, Fate>,
) {
  let count = 0
  redis.intervention = async (exchange: Exchange) => {
    const { run, response, request } = exchange
    if (nameOf(exchange) !== name) return false
    const at = count++
    if (at < first || at >= first + times) return false
    if (how === 'refused') {
      response.writeHead(500).end('{"error":"ERR"}')
      return true
    }
    await run()
    request.socket.destroy()
    return true
  }
  await sync(redis)
  redis.intervention = undefined
  const buried = new Set(await buriedIn(redis))
  const open = new Set((await Promise.all(STREAMS.map((stream) => openIn(redis, stream, fates)))).flat())
  for (const [place, fate] of fates) {
    if (open.has(place)) continue
    if ('buried' in fate) expect(buried).toContain(`${place} ${fate.buried}`)
    else expect(await isInForce(redis, fate), `${place} was acknowledged`).toBe(true)
  }
  return open.size > 0 ? ['left pending'] : []
}

/** The messages that are yet to be delivered, and those that were delivered and not acknowledged. */
async function openIn(redis: TestRedis, stream: StreamName, fates: ReadonlyMap<string, Fate>) {
  const pending = (await pendingIn(redis, stream)).map(({ id }) => id)
  const groups = (await redis.run('EXISTS', stream)) === 1 ? await redis.run('XINFO', 'GROUPS', stream) : []
  const [group = []] = listOf(groups).map((one) => listOf(one).map(String))
  const last = group[group.indexOf('last-delivered-id') + 1] ?? '0-0'
  const ids = [...fates.keys()]
    .filter((place) => place.startsWith(`${stream} `))
    .map((place) => place.split(' ')[1] ?? '')
  return ids.filter((id) => pending.includes(id) || compareIds(id, last) > 0).map((id) => `${stream} ${id}`)
}

function compareIds(one: string, other: string): number {
  const [ms = 0, count = 0] = one.split('-').map(Number)
  const [otherMs = 0, otherCount = 0] = other.split('-').map(Number)
  return ms - otherMs || count - otherCount
}

async function isInForce(redis: TestRedis, fate: Exclude<Fate, { buried: string }>): Promise<boolean> {
  if ('zone' in fate) return BigInt(String((await redis.run('GET', epochKey(fate.zone))) ?? -1)) >= fate.epoch
  const values = await redis.runAll(fate.anchors.map((anchor) => ['EXISTS', `${PREFIX}${anchor}`]))
  return values.every((value) => value === 1)
}

/** Redis holds what the messages come to, and nothing else. */
async function expectEnd(redis: TestRedis, fates: ReadonlyMap<string, Fate>, before = -1): Promise<void> {
  const all = [...fates]
  const anchors = all.flatMap(([, fate]) => ('anchors' in fate ? fate.anchors : []))
  const zones = all.flatMap(([, fate]) => ('zone' in fate ? [fate.zone] : []))
  const expected = [...anchors, ...zones.map((zone) => `delegation-epoch:${zone}`)]
  if (before >= 0) expected.push('delegation-epoch:zone-1')
  const keys = (await marksIn(redis)).map((key) => key.slice(PREFIX.length))
  expect(keys.sort()).toEqual([...new Set(expected)].sort())
  for (const zone of new Set(zones)) {
    const said = all.flatMap(([, fate]) => ('zone' in fate && fate.zone === zone ? [fate.epoch] : []))
    const epochs = zone === 'zone-1' && before >= 0 ? [...said, BigInt(before)] : said
    const highest = epochs.reduce((most, one) => (one > most ? one : most), 0n)
    expect(await redis.run('GET', epochKey(zone))).toBe(String(highest))
  }
  const buried = all.flatMap(([place, fate]) => ('buried' in fate ? [`${place} ${fate.buried}`] : []))
  expect([...new Set(await buriedIn(redis))].sort()).toEqual(buried.sort())
}

async function buriedIn(redis: TestRedis): Promise<readonly string[]> {
  const letters = await Promise.all(
    STREAMS.map(async (stream) =>
      (await deadLettersOf(redis, stream)).map((letter) => `${stream} ${letter.source_id} ${letter.reason}`),
    ),
  )
  return letters.flat()
}

function epochKey(zone: string): string {
  return `${PREFIX}delegation-epoch:${zone}`
}
