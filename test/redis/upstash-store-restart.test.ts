// Redis is killed and started again while requests pour in and mandates are revoked: none of those gets in.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { ADMITTED, guardedBy, issuer, type Outcome, REVOKED } from './guarded.ts'
import { age, publish, REVOCATIONS, revocationOf, sync } from './streams.ts'
import { describeRedis, nameOf, present, sleep, type TestRedis } from './support.ts'

const MANDATES = 30
const CLIENTS = 4
/** Revoked together by way of the streams. */
const BATCH = 4
const TIMEOUT_MS = 5_000

interface Holder {
  readonly sid: string
  readonly mandate: string
  /** When the revocation was confirmed. */
  revokedAt: number
}

interface Knock extends Outcome {
  readonly holder: Holder
  readonly startedAt: number
  readonly endedAt: number
}

/** Two of three are going to be revoked. */
async function makeHolders(): Promise<{ all: Holder[]; doomed: Holder[] }> {
  const all = await Promise.all(
    Array.from({ length: MANDATES }, async (_, at) => {
      const sid = `session-${at}`
      return {
        sid,
        mandate: await issuer.mint({ claims: { sid, root_sid: sid } }),
        revokedAt: Number.POSITIVE_INFINITY,
      }
    }),
  )
  return { all, doomed: all.filter((_, at) => at % 3 > 0) }
}

/** Clients that come again and again with every mandate in turn, until they are told to stop. */
class Load {
  readonly knocks: Knock[] = []
  readonly knock: (mandate: string) => Promise<Outcome>
  readonly #clients: Promise<void>[]
  #isOver = false

  constructor(redis: TestRedis, holders: readonly Holder[]) {
    this.knock = guardedBy(new UpstashRevocationStore({ ...redis.database, timeoutMs: TIMEOUT_MS }))
    this.#clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let at = client; !this.#isOver; at++) {
        const holder = present(holders[at % holders.length])
        const startedAt = performance.now()
        const outcome = await this.knock(holder.mandate)
        this.knocks.push({ ...outcome, holder, startedAt, endedAt: performance.now() })
      }
    })
  }

  async more(count: number): Promise<void> {
    const enough = this.knocks.length + count
    while (this.knocks.length < enough) await sleep(5)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }
}

/** Redis is away after each of the deaths. Gives when it certainly was. */
async function survive(redis: TestRedis, load: Load, deaths: readonly (() => Promise<void>)[]) {
  const outages: [from: number, to: number][] = []
  for (const die of deaths) {
    await load.more(60)
    await die()
    const from = performance.now()
    await load.more(40)
    outages.push([from, performance.now()])
    await redis.startServer()
  }
  return outages
}

/** Redis dies when it is asked the next command of this name, before it has done anything about it. */
function deathAt(redis: TestRedis, command: string): Promise<void> {
  return new Promise((resolve) => {
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== command) return
      redis.intervention = undefined
      await redis.killServer()
      resolve()
    }
  })
}

async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work()
      return
    } catch {
      await sleep(5)
    }
  }
}

function expectNoneGotIn(knocks: readonly Knock[], outages: readonly [from: number, to: number][]): void {
  const isInOutage = ({ startedAt, endedAt }: Knock) =>
    outages.some(([from, to]) => startedAt > from && endedAt < to)
  const isTooLate = ({ startedAt, holder }: Knock) => startedAt > holder.revokedAt
  for (const knock of knocks) {
    expect([200, 401, 503]).toContain(knock.status)
    expect(knock.handlerRan).toBe(knock.status === 200)
    if (isTooLate(knock)) expect(knock.status).not.toBe(200)
    if (isInOutage(knock)) expect(knock.status).toBe(503)
    if (knock.status === 503) expect(knock.elapsedMs).toBeLessThan(TIMEOUT_MS)
  }
  // The test would be worth nothing if these had not been tried.
  expect(knocks.filter(isInOutage).length).toBeGreaterThan(50)
  expect(knocks.filter(isTooLate).length).toBeGreaterThan(50)
  expect(knocks.filter(({ status }) => status === 200).length).toBeGreaterThan(30)
}

async function expectVerdicts({ knock }: Load, all: readonly Holder[], doomed: readonly Holder[]) {
  for (const holder of all) {
    expect(await knock(holder.mandate)).toMatchObject(doomed.includes(holder) ? REVOKED : ADMITTED)
  }
}

describeRedis(
  'under load, with Redis dying,',
  (redis) => {
    it('what the store confirmed as revoked is never let in again', async () => {
      const { all, doomed } = await makeHolders()
      const load = new Load(redis, all)
      const store = new UpstashRevocationStore({ ...redis.database, timeoutMs: TIMEOUT_MS })
      let attempts = 0
      const revoking = (async () => {
        for (const holder of doomed) {
          await untilDone(() => {
            attempts += 1
            return store.markRevoked(holder.sid)
          })
          holder.revokedAt = performance.now()
          await load.more(10)
        }
      })()
      const die = () => redis.killServer()
      const outages = await survive(redis, load, [die, die])
      await revoking
      await load.more(60)
      await load.end()

      expect(attempts).toBeGreaterThan(doomed.length)
      expectNoneGotIn(load.knocks, outages)
      await expectVerdicts(load, all, doomed)
    })

    it('what a pass over the streams has applied is never let in again either', async () => {
      const { all, doomed } = await makeHolders()
      const load = new Load(redis, all)
      let passes = 0
      const revoking = (async () => {
        for (let at = 0; at < doomed.length; at += BATCH) {
          const holders = doomed.slice(at, at + BATCH)
          const messages = revocationOf(...holders.map(({ sid }) => sid))
          await untilDone(() => publish(redis, REVOCATIONS, ...messages))
          await untilDone(async () => {
            passes += 1
            // What a dying pass had in hand is taken over after 30 s, which Redis is told are over.
            await age(redis, REVOCATIONS).catch(() => {})
            if (!(await sync(redis)).caughtUp) throw new Error('Not yet.')
          })
          for (const holder of holders) holder.revokedAt = performance.now()
          await load.more(20)
        }
      })()
      const deaths = ['MARK', 'TAKE'].map((command) => () => deathAt(redis, command))
      const outages = await survive(redis, load, deaths)
      await revoking
      await load.more(60)
      await load.end()

      expect(passes).toBeGreaterThan(doomed.length / BATCH)
      expectNoneGotIn(load.knocks, outages)
      await expectVerdicts(load, all, doomed)
    })
  },
  { durable: true },
)
