// RedisRevocationStore over the real clients, with their usual settings, and a real Redis: the store contract, and all
// that can go wrong in between. A client's reconnecting and its queue never turn an outage into a hang.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startRedis } from '../../lab/redis-server.mjs'
import { startTcpProxy } from '../../lab/tcp-proxy.mjs'
import { RunningProgram } from '../examples/support/running-program.ts'
import { describeRedis, present, type TestRedis } from '../redis/support.ts'
import { skip } from './describe-runtime.ts'
import { missingUnless } from './runtime.ts'

const TIMEOUT_MS = 500
/** What a busy machine may take on top. */
const SLACK_MS = 1_000
/** How long a client may take until it tries again. */
const RECONNECT_MS = 20_000
const PREFIX = 'caracal:revoked:sessions:'

const BUN = 'node_modules/.bin/bun'
const DENO = 'node_modules/.bin/deno'
const DENO_COMMAND = `${DENO} run --cached-only --allow-all`

const COMBINATIONS = [
  { runtime: 'Node', command: 'node', client: 'ioredis', missing: undefined },
  { runtime: 'Node', command: 'node', client: 'node-redis', missing: undefined },
  { runtime: 'Bun', command: BUN, client: 'ioredis', missing: missingUnless(BUN) },
  { runtime: 'Bun', command: BUN, client: 'node-redis', missing: missingUnless(BUN) },
  { runtime: 'Bun', command: BUN, client: 'bun', missing: missingUnless(BUN) },
  { runtime: 'Deno', command: DENO_COMMAND, client: 'ioredis', missing: missingUnless(DENO) },
  { runtime: 'Deno', command: DENO_COMMAND, client: 'node-redis', missing: missingUnless(DENO) },
]

interface Outcome {
  readonly value?: unknown
  readonly fault?: string
  readonly message?: string
  readonly elapsedMs: number
}

class Subject {
  readonly #redis: TestRedis
  readonly #command: string
  readonly #client: string
  #proxy: Awaited<ReturnType<typeof startTcpProxy>> | undefined
  #program: RunningProgram | undefined
  #url = ''

  constructor(redis: TestRedis, command: string, client: string) {
    this.#redis = redis
    this.#command = command
    this.#client = client
  }

  async start(): Promise<void> {
    this.#proxy = await startTcpProxy(this.#redis.port)
    this.#program = new RunningProgram(`${this.#command} test/runtimes/subject/redis-clients.mjs`, {
      CLIENT: this.#client,
      REDIS_PORT: String(this.#proxy.port),
      TIMEOUT_MS: String(TIMEOUT_MS),
    })
    const [, url = ''] = await this.#program.untilItPrints(/listening on (\S+)/)
    this.#url = url
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
    await this.#proxy?.close()
  }

  get proxy() {
    return present(this.#proxy)
  }

  get output(): string {
    return present(this.#program).output
  }

  async do(act: string, argument = ''): Promise<Outcome> {
    const response = await fetch(`${this.#url}/${act}/${encodeURIComponent(argument)}`)
    return response.json() as Promise<Outcome>
  }

  /** Each look-up ends within its limit, whatever the client does. */
  async lookup(id: string): Promise<Outcome> {
    const outcome = await this.do('lookup', id)
    expect(outcome.elapsedMs).toBeLessThan(TIMEOUT_MS + SLACK_MS)
    return outcome
  }

  async untilItAnswers(): Promise<void> {
    const limit = Date.now() + RECONNECT_MS
    while ((await this.lookup('session-0')).value !== false) {
      if (Date.now() > limit) throw new Error('It does not recover.')
      await sleep(50)
    }
  }
}

describe.each(COMBINATIONS)('$client on $runtime', ({ command, client, missing }) => {
  if (missing !== undefined) {
    skip(`${client} on ${command}`, missing)
    return
  }
  describeRedis(
    'a store',
    (redis) => {
      const subject = new Subject(redis, command, client)
      beforeAll(() => subject.start(), 60_000)
      afterAll(() => subject.stop())
      beforeEach(async () => {
        subject.proxy.mode = 'forward'
        await subject.untilItAnswers()
        redis.asked.length = 0
      })

      test('keeps the contract', async () => {
        expect(await subject.do('contract')).toMatchObject({ value: [] })
      })

      test('asks once for all look-ups at the same time, and each has its own verdict', async () => {
        const ids = Array.from({ length: 64 }, (_, index) => `session-${index}`)
        const revoked = ids.filter((_, index) => index % 3 === 0)
        await redis.runAll(revoked.map((id) => ['SET', `${PREFIX}${id}`, '1']))
        await redis.run('CONFIG', 'RESETSTAT')
        const { value } = await subject.do('lookups', ids.join())
        const verdicts = (value as readonly Outcome[]).map((outcome) => outcome.value)
        expect(verdicts).toEqual(ids.map((id) => revoked.includes(id)))
        const stats = String(await redis.run('INFO', 'commandstats'))
        expect(stats).toMatch(/cmdstat_mget:calls=1,/)
      })

      test('carries what is in the streams to the keys, in a pass over the same client', async () => {
        await redis.run('XADD', 'caracal.sessions.revoke', '*', 'zone_id', 'zone-1', 'session_id', 'record-1')
        await redis.run('XADD', 'caracal.sessions.revoke', '*', 'zone_id', 'zone-1')
        await redis.run('XADD', 'caracal.delegations.invalidate', '*', 'zone_id', 'zone-1', 'epoch', '7')
        const { value } = await subject.do('pass')
        expect(value).toMatchObject({ applied: 2, deadLettered: 1, pending: 0, caughtUp: true })
        expect(await subject.lookup('record-1')).toMatchObject({ value: true })
        expect((await subject.do('pass')).value).toMatchObject({ applied: 0, caughtUp: true })
      })

      test.each([
        { mode: 'hang', fault: /^timeout$/, how: 'hangs' },
        { mode: 'reset', fault: /^(timeout|network)$/, how: 'resets every connection' },
        { mode: 'loading', fault: /^status$/, how: 'is loading' },
      ] as const)(
        'is out of reach within its limit when Redis $how, and back after that',
        async ({ mode, fault }) => {
          subject.proxy.mode = mode
          for (let time = 0; time < 3; time++) {
            const outcome = await subject.lookup('session-1')
            expect(outcome).not.toHaveProperty('value')
            expect(outcome.fault).toMatch(fault)
            if (mode === 'loading') expect(outcome.message).toContain('Redis says LOADING')
            expect(outcome.message).not.toContain('session-1')
          }
          subject.proxy.mode = 'forward'
          // What was hanging is lost with its connection.
          subject.proxy.cut()
          await subject.untilItAnswers()
        },
      )

      test('is out of reach within its limit when Redis is killed, and back when it is started again', async () => {
        expect(await subject.do('mark', 'session-9')).not.toHaveProperty('fault')
        await redis.killServer()
        for (let time = 0; time < 3; time++) {
          expect((await subject.lookup('session-9')).fault).toMatch(/^(timeout|network)$/)
        }
        await redis.startServer()
        await subject.untilItAnswers()
        expect(await subject.lookup('session-9')).toMatchObject({ value: true })
      })

      test('never says "not revoked" of what was revoked, while Redis is killed and started under load', async () => {
        const revoked: string[] = []
        let isOver = false
        const failures: unknown[] = []
        let answered = 0
        const clients = Array.from({ length: 4 }, async (_, index) => {
          for (let at = index; !isOver; at++) {
            const known = revoked.length
            const id = known === 0 ? 'session-0' : present(revoked[at % known])
            const { value, fault } = await subject.lookup(id)
            if (value === false && known > 0) failures.push(id)
            if (fault === undefined) answered += 1
          }
        })
        for (let round = 0; round < 2; round++) {
          for (let mark = 0; mark < 5; mark++) {
            const id = `doomed-${round}-${mark}`
            if ((await subject.do('mark', id)).fault === undefined) revoked.push(id)
            await sleep(10)
          }
          await redis.killServer()
          await sleep(200)
          await redis.startServer()
          await subject.untilItAnswers()
        }
        await sleep(200)
        isOver = true
        await Promise.all(clients)
        expect(failures).toEqual([])
        expect([revoked.length > 0, answered > 0]).toEqual([true, true])
        for (const id of revoked) expect(await subject.lookup(id)).toMatchObject({ value: true })
      })

      test('reads from a replica that cannot be written to, and says so of marks', async () => {
        await redis.run('SET', `${PREFIX}session-1`, '1')
        await redis.run('REPLICAOF', '127.0.0.1', '1')
        try {
          expect(await subject.lookup('session-1')).toMatchObject({ value: true })
          const mark = await subject.do('mark', 'session-2')
          expect(mark.fault).toBe('status')
          expect(mark.message).toContain('Redis says READONLY')
          await redis.run('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
          const stale = await subject.lookup('session-1')
          expect(stale.fault).toBe('status')
          expect(stale.message).toContain('Redis says MASTERDOWN')
        } finally {
          await redis.run('REPLICAOF', 'NO', 'ONE')
          await redis.run('CONFIG', 'SET', 'replica-serve-stale-data', 'yes')
        }
        expect(await subject.lookup('session-1')).toMatchObject({ value: true })
      })

      test('follows a failover to the replica', async () => {
        // A replica writes what it gets to a file.
        const dir = await mkdtemp(join(tmpdir(), 'caracal-edge-replica-'))
        const other = await startRedis({ dir })
        try {
          await redis.run('SET', `${PREFIX}session-1`, '1')
          // The first copy does not wait for other replicas.
          await redis.run('CONFIG', 'SET', 'repl-diskless-sync-delay', '0')
          const state = async () => String(await redis.runOn(other.port, 'INFO', 'replication'))
          await redis.runOn(other.port, 'REPLICAOF', '127.0.0.1', String(redis.port))
          await expect.poll(state, { timeout: 10_000 }).toContain('master_link_status:up')
          await redis.runOn(other.port, 'REPLICAOF', 'NO', 'ONE')
          subject.proxy.moveTo(other.port)
          await subject.untilItAnswers()
          expect(await subject.lookup('session-1')).toMatchObject({ value: true })
        } finally {
          subject.proxy.moveTo(redis.port)
          // It refuses to end in an orderly way while it writes its first file.
          await other.kill()
          await rm(dir, { recursive: true })
        }
      })

      test('left no rejection unhandled', () => {
        expect(subject.output).not.toContain('unhandled')
      })
    },
    { durable: true },
  )
})
