// Thousands of streams that clients, sources and the authority end in a random order, and what is left of them.
// The clock and the timers are real. What becomes of each stream follows from the seed.

import {
  AuthorityEndedError,
  authorityOf,
  type RevocationQuery,
  type RevocationState,
  withCaracal,
} from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import { createTestIssuer } from 'caracal-edge/testing'
import { expect } from 'vitest'
import { countLeftovers, type Leftovers, pause } from './leftovers.ts'
import { CLEAN } from './recording-store.ts'
import { bearer } from './requests.ts'

/** Streams that are opened before the next mandates are minted, so many at a time. */
const WAVE = 500
const AT_ONCE = 50
/** Within this time, everybody who ends a stream has ended it. Some are left to expire. */
const ACT_WITHIN_MS = 1_000
const EXPIRING_SECONDS = 2
const STORE_TIMEOUT_MS = 1_000
/** Longer than a look-up takes, and than the pause between two. */
const SETTLED_MS = 1_000

const FAILURE = new Error('broken')

/** What ends a stream, and how its client sees it. */
const WAYS = {
  client: 'cancelled',
  source: 'closed',
  'failing source': 'failed',
  'giving up, then the source': 'closed',
  revocation: 'session_revoked',
  expiry: 'invalid_token',
  outage: 'revocation_unavailable',
} as const
type Way = keyof typeof WAYS
const ALL_WAYS = Object.keys(WAYS) as [Way, ...Way[]]
const OF_AUTHORITY: readonly Way[] = ['revocation', 'expiry', 'outage']

export interface ManyStreams {
  /** How many ended in which way. */
  readonly ends: Readonly<Record<string, number>>
  /** How the others ended. */
  readonly wrong: readonly string[]
  readonly left: Leftovers & { readonly lookups: number }
  /** How often the store was asked while they went on, and afterwards. */
  readonly asked: readonly [before: number, afterwards: number]
  /** The authorities and responses. */
  readonly held: readonly WeakRef<object>[]
}

const issuer = createTestIssuer()

/** @param count a multiple of 500 */
export async function manyStreams(count: number, seed: number): Promise<ManyStreams> {
  const random = randomBy(seed)
  const among = <Value>(values: readonly [Value, ...Value[]]): Value =>
    values[Math.floor(random() * values.length)] ?? values[0]
  const moment = () => pause(random() * ACT_WITHIN_MS)
  const ends: Record<string, number> = {}
  const wrong: string[] = []
  const held: WeakRef<object>[] = []
  const ended: Promise<void>[] = []
  const store = stateStore(random)
  const guarded = withCaracal(() => new Response(), {
    ...issuer.options,
    revocations: store,
    storeTimeoutMs: STORE_TIMEOUT_MS,
  })
  const leftovers = countLeftovers()

  /** Opens one, and gives its end as the client sees it. */
  const open = async (way: Way, mandate: string): Promise<() => Promise<string>> => {
    const request = bearer(mandate)
    await guarded(request)
    const authority = authorityOf(request)
    // On a busy machine it may have expired before.
    if (authority === undefined && way === 'expiry')
      return open(way, (await mandates(1, EXPIRING_SECONDS))[0].token)
    if (authority === undefined) throw new Error('The request was refused.')
    const until = new AbortController()
    const source = sourceOf()
    const contentType = among(['text/event-stream', 'application/octet-stream'])
    const response = liveResponse(
      new Response(source.stream, { headers: { 'Content-Type': contentType } }),
      authority,
      {
        ...((way !== 'expiry' || random() < 0.5) && {
          recheckEveryMs: 100 + Math.floor(random() * 200),
          graceMs: way === 'outage' ? among([0, 200]) : 60_000,
        }),
        ...(random() < 0.5 && { until: until.signal }),
        ...(way === 'giving up, then the source' && { until: until.signal }),
      },
    )
    held.push(new WeakRef(authority), new WeakRef(response))
    const reader = response.body?.getReader()
    if (reader === undefined) throw new Error('There is no body.')
    source.send()
    const act = async () => {
      await moment()
      source.send()
      if (way === 'client') await reader.cancel()
      else if (way === 'source') source.close()
      else if (way === 'failing source') source.fail()
      else if (way === 'giving up, then the source') {
        until.abort()
        await moment()
        source.close()
      }
    }
    return async () => {
      const acted = act()
      const end = await endOf(reader, way)
      await acted
      return end
    }
  }

  try {
    const steady = await mandates(10)
    for (let opened = 0; opened < count; opened += WAVE) {
      const mandatesOf = {
        revocation: await mandates(5),
        outage: await mandates(5),
        expiry: await mandates(2, EXPIRING_SECONDS),
      }
      const openOne = async () => {
        const way = among(ALL_WAYS)
        const its = isOfAuthority(way) ? mandatesOf[way] : steady
        const ending = await open(way, among(its).token)
        const note = (end: string) => {
          if (WAYS[way] === end) ends[way] = (ends[way] ?? 0) + 1
          else wrong.push(`${way}: ${end}`)
        }
        ended.push(ending().then(note))
      }
      for (let index = 0; index < WAVE; index += AT_ONCE) {
        await Promise.all(Array.from({ length: AT_ONCE }, openOne))
      }
      for (const { sid } of mandatesOf.revocation) moment().then(() => store.revoked.add(sid))
      for (const { sid } of mandatesOf.outage) moment().then(() => store.unknown.add(sid))
    }
    await Promise.all(ended)
    await pause(SETTLED_MS)
    const asked = store.asked()
    await pause(SETTLED_MS)
    return {
      ends,
      wrong,
      left: { ...leftovers.count(), lookups: store.pending() },
      asked: [asked, store.asked() - asked],
      held,
    }
  } finally {
    leftovers.stop()
  }
}

export function expectNothingLeft({ ends, wrong, left, asked: [before, afterwards] }: ManyStreams): void {
  expect(wrong).toEqual([])
  expect(Object.keys(ends).sort()).toEqual([...ALL_WAYS].sort())
  expect(left).toEqual({ timers: 0, listeners: 0, lookups: 0 })
  expect(before).toBeGreaterThan(0)
  expect(afterwards).toBe(0)
}

function isOfAuthority(way: Way): way is 'revocation' | 'expiry' | 'outage' {
  return OF_AUTHORITY.includes(way)
}

interface Session {
  readonly sid: string
  readonly token: string
}

async function mandates(count: number, lifetimeSeconds = 900): Promise<[Session, ...Session[]]> {
  const mint = async (): Promise<Session> => {
    const sid = crypto.randomUUID()
    return { sid, token: await issuer.mint({ lifetimeSeconds, claims: { sid } }) }
  }
  return [await mint(), ...(await Promise.all(Array.from({ length: count - 1 }, mint)))]
}

/** Answers at once or in a while. What it does not know, it refuses to answer, or never answers. */
function stateStore(random: () => number) {
  const revoked = new Set<string>()
  const unknown = new Set<string>()
  let asked = 0
  let pending = 0
  const lookup = async ({ anchors }: RevocationQuery): Promise<RevocationState> => {
    asked++
    pending++
    try {
      if (random() < 0.5) await pause(random() * 20)
      if (anchors.some((anchor) => unknown.has(anchor))) {
        // Nobody waits for it any more.
        if (random() < 0.5) await pause(STORE_TIMEOUT_MS * 1.5)
        throw new Error('out of reach')
      }
      return anchors.some((anchor) => revoked.has(anchor)) ? { revoked: true, delegationEpoch: 0 } : CLEAN
    } finally {
      pending--
    }
  }
  return { lookup, revoked, unknown, asked: () => asked, pending: () => pending }
}

function sourceOf() {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let isOver = false
  const chunk = new TextEncoder().encode('data: 1\n\n')
  const unlessOver = (act: () => void) => () => {
    if (!isOver) act()
  }
  const finish = (act: () => void) =>
    unlessOver(() => {
      isOver = true
      act()
    })
  return {
    stream: new ReadableStream<Uint8Array>({
      start(given) {
        controller = given
      },
      cancel() {
        isOver = true
      },
    }),
    send: unlessOver(() => controller?.enqueue(chunk)),
    close: finish(() => controller?.close()),
    fail: finish(() => controller?.error(FAILURE)),
  }
}

/** How a client sees it: reads until nothing comes any more. */
async function endOf(reader: ReadableStreamDefaultReader<Uint8Array>, way: Way): Promise<string> {
  let last = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      last = new TextDecoder().decode(value)
    }
  } catch (error) {
    if (error === FAILURE) return 'failed'
    return error instanceof AuthorityEndedError ? error.denial.code : String(error)
  }
  const [, code] = /"code":"(.*)"/.exec(last) ?? []
  return code ?? (way === 'client' ? 'cancelled' : 'closed')
}

/** Mulberry32: numbers from 0 to 1 that follow from the seed. */
function randomBy(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
