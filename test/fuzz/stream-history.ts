// A simulated deployment of the streams with everything that can happen to it.

import { createHmac } from 'node:crypto'
import type { StreamLoss, SyncReport } from 'caracal-edge/upstash'
import { expect } from 'vitest'
import { close } from '../redis/endpoint-faults.ts'
import { cutOff, failOver } from '../redis/failover.ts'
import {
  age,
  DELEGATIONS,
  GROUPS,
  listOf,
  PREFIX,
  pendingIn,
  REVOCATIONS,
  type StreamName,
  strictSync,
} from '../redis/streams.ts'
import type { TestRedis } from '../redis/support.ts'
import { signatureOf } from './model-streams.ts'
import { type Announcement, keyOf, StreamRecord } from './stream-record.ts'
import { isAfter, StreamState } from './stream-state.ts'

export const STREAMS = [REVOCATIONS, DELEGATIONS] as const
export const KEYS = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32))
const LOSSES: readonly StreamLoss[] = ['trimmed', 'unverified', 'restarted']

/** What becomes of one request of a pass. */
export interface Drop {
  readonly at: number
  readonly how: 'before' | 'after' | 'half way'
}

/** A pass goes on with another Redis, which knows nothing of its last requests. */
export interface Failover {
  readonly at: number
  readonly unknown: number
}

export interface PassOptions {
  readonly consumer: string
  readonly keys: readonly number[]
  readonly drop: Drop | undefined
  readonly failover: Failover | undefined
  readonly isSlow: boolean
  /** Undefined for as many as there are. */
  readonly maxMessages: number | undefined
}

/** A pass of which nothing is unusual. */
export const PLAIN = {
  consumer: 'one',
  drop: undefined,
  failover: undefined,
  isSlow: false,
  maxMessages: undefined,
} as const

export class History {
  readonly came = new Set<string>()
  readonly #redis: TestRedis
  #count = 0
  readonly #state: StreamState
  readonly #record: StreamRecord
  /** Where others have read on since a pass. */
  readonly #readByOthers = new Set<StreamName>()

  constructor(redis: TestRedis) {
    this.#redis = redis
    this.#state = new StreamState(redis)
    this.#record = new StreamRecord(redis, this.#state)
  }

  get announced(): readonly Announcement[] {
    return this.#record.announced
  }

  async announce(stream: StreamName, key: number, count: number, most?: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      const bound =
        most === undefined ? [] : ['MAXLEN', String(Math.max(most, (await this.#state.unread(stream)) + 1))]
      const subject = `${this.#redis.database.url.slice(-5)}-${this.#count++}`
      const pairs =
        stream === REVOCATIONS
          ? ([['session_id', subject]] as const)
          : ([
              ['zone_id', subject],
              ['epoch', '7'],
            ] as const)
      const signature = signatureOf(stream, pairs, KEYS[key] ?? '')
      const id = await this.#redis.run('XADD', stream, ...bound, '*', ...pairs.flat(), '_sig', signature)
      this.#record.add({ stream, id: String(id), subject, key, doneAt: Date.now() })
    }
    await this.#record.noteCut(stream)
  }

  /** Nobody's announcement: whether it is one cannot be known, so that it counts as a loss. */
  async addJunk(stream: StreamName, count: number): Promise<void> {
    for (let at = 0; at < count; at++) {
      const signature = createHmac('sha256', 'nobody')
        .update(String(this.#count++))
        .digest('hex')
      await this.#redis.run('XADD', stream, '*', 'session_id', 'junk', ...(at % 2 ? ['_sig', signature] : []))
    }
    this.#record.happens('unverified')
  }

  async trim(stream: StreamName, length: number): Promise<void> {
    if (!(await this.#state.exists(stream))) return
    await this.#redis.run('XTRIM', stream, 'MAXLEN', length)
    await this.#record.noteCut(stream)
  }

  async trimWhatWasRead(stream: StreamName): Promise<void> {
    const group = await this.#state.group(stream)
    if (group === undefined || (await pendingIn(this.#redis, stream)).length > 0) return
    const [ms = '0', sequence = '0'] = group.delivered.split('-')
    await this.#redis.run('XTRIM', stream, 'MINID', `${ms}-${BigInt(sequence) + 1n}`)
    this.came.add('cut of what was read')
  }

  async loseMemory(how: 'flush' | 'failover' | 'stream' | 'group', stream: StreamName): Promise<void> {
    if (how === 'flush') await this.#redis.run('FLUSHALL')
    if (how === 'failover') {
      await this.#redis.killServer()
      await this.#redis.startServer()
    }
    if (how === 'stream') await this.#redis.run('DEL', stream)
    if (how === 'group' && (await this.#state.exists(stream))) {
      await this.#redis.run('XGROUP', 'DESTROY', stream, GROUPS[stream])
      // What failed its signature, and was outlived or given up, fails it again.
      this.#record.happened.add('unverified')
    }
    this.#record.happens('restarted')
  }

  /**
   * Somebody deletes a stream or a group, and makes it again. Then a pass runs: what others read in the meantime would
   * hide it.
   */
  async makeAgain(
    what: 'stream' | 'group',
    stream: StreamName,
    at: string,
    pass: PassOptions,
  ): Promise<void> {
    if ((await this.#state.group(stream)) === undefined) return
    if (what === 'stream') await this.#redis.run('DEL', stream)
    else await this.#redis.run('XGROUP', 'DESTROY', stream, GROUPS[stream])
    await this.#redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], at, 'MKSTREAM')
    this.#record.happens('restarted')
    this.#record.happens('trimmed')
    // What failed its signature, and was outlived, fails it again.
    this.#record.happened.add('unverified')
    this.came.add(`${what} made again`)
    await this.announce(stream, 0, pass.maxMessages ?? 9)
    await this.pass({ ...pass, drop: undefined, failover: undefined })
  }

  /** An operator sets the group forward, or deletes a message that may be unread. */
  async skip(stream: StreamName, how: 'set forward' | 'deleted', at: number): Promise<void> {
    const group = await this.#state.group(stream)
    if (group === undefined) return
    const ids = listOf(await this.#redis.run('XRANGE', stream, '-', '+')).map((one) => String(listOf(one)[0]))
    const pending = (await pendingIn(this.#redis, stream)).map(({ id }) => id)
    const id = ids.at(-1 - at)
    const isUnread = (one: string) => isAfter(one, group.delivered)
    if (how === 'set forward') {
      await this.#redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '$')
      if (ids.some(isUnread)) this.#record.happens('trimmed')
    } else if (id !== undefined) {
      await this.#redis.run('XDEL', stream, id)
      if (isUnread(id) || pending.includes(id)) this.#record.happens('trimmed')
    }
  }

  /** Has the group read again what it has read before, or cleans up after consumers that have nothing in hand. */
  async tidy(stream: StreamName, how: 'set back' | 'consumer', at: number): Promise<void> {
    const group = await this.#state.group(stream)
    if (group === undefined) return
    if (how === 'set back') {
      // Without a counter, what others have read looks like what was skipped, and is held.
      if (group.delivered === '0-0' || this.#readByOthers.has(stream)) return
      const ids = listOf(await this.#redis.run('XRANGE', stream, '-', group.delivered))
      const id = ids.map((one) => String(listOf(one)[0])).at(-1 - at) ?? '0'
      await this.#redis.run('XGROUP', 'SETID', stream, GROUPS[stream], id)
      // What failed its signature, and was outlived, fails it again.
      this.#record.happens('unverified')
    } else if ((await pendingIn(this.#redis, stream)).length === 0) {
      for (const consumer of ['one', 'two', 'elsewhere']) {
        await this.#redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], consumer)
      }
    }
  }

  /** Another implementation reads in the same group, and applies and acknowledges what it has read, or dies. */
  async readElsewhere(stream: StreamName, count: number, dies: boolean): Promise<void> {
    if ((await this.#state.group(stream)) === undefined) return
    const group = GROUPS[stream]
    const reading = [
      'XREADGROUP',
      'GROUP',
      group,
      'elsewhere',
      'COUNT',
      count,
      'STREAMS',
      stream,
      '>',
    ] as const
    const answer = await this.#redis.run(...reading)
    if (answer !== null) this.#readByOthers.add(stream)
    if (answer === null || dies) return
    for (const message of listOf(listOf(listOf(answer)[0])[1])) {
      const id = String(listOf(message)[0])
      for (const one of this.#record.announced) {
        if (one.stream === stream && one.id === id)
          await this.#redis.run('SET', keyOf(one), '7', 'PX', 86_400_000)
      }
      await this.#redis.run('XACK', stream, group, id)
    }
  }

  async readInAnotherGroup(stream: StreamName): Promise<void> {
    await this.#redis
      .runAll([
        ['XGROUP', 'CREATE', stream, 'another', 0, 'MKSTREAM'],
        ['XREADGROUP', 'GROUP', 'another', 'x', 'COUNT', 3, 'STREAMS', stream, '>'],
      ])
      .catch(() => {})
  }

  async age(): Promise<void> {
    for (const stream of STREAMS)
      if ((await this.#state.group(stream)) !== undefined) await age(this.#redis, stream)
  }

  /** All that was lost so far concerns no mandate any more. */
  async outliveHolds(): Promise<void> {
    if (!this.#record.isMet) return
    const names = ['trimmed', 'unverified', 'restarted', 'waiting', 'tried']
    const keys = STREAMS.flatMap((stream) =>
      names.map((name) => `${PREFIX}sync-${name}:${stream}:${GROUPS[stream]}`),
    )
    await this.#redis.run('DEL', ...keys)
    await this.#record.forgive()
  }

  /** An operator's pass. */
  async giveUp(keys: readonly number[]): Promise<SyncReport> {
    const report = await this.#sync({ ...PLAIN, consumer: 'operator', keys }, LOSSES)
    expect(LOSSES).not.toContain(report.fault)
    await this.#record.forgive()
    return report
  }

  async pass(options: PassOptions): Promise<SyncReport> {
    const begunAt = Date.now()
    const report = await this.#sync(options)
    await this.#expectHonest(report, begunAt, options)
    const isWhole = !options.drop && !options.failover
    if (isWhole && (report.fault === undefined || LOSSES.some((kind) => kind === report.fault))) {
      this.#record.isMet = true
      this.#readByOthers.clear()
    }
    return report
  }

  async passesAtOnce(keys: readonly number[]): Promise<void> {
    const begunAt = Date.now()
    const pass = (consumer: string) => this.#sync({ ...PLAIN, consumer, keys })
    const reports = await Promise.all([pass('one'), pass('two'), pass('one')])
    for (const report of reports) await this.#expectHonest(report, begunAt, { ...PLAIN, keys })
  }

  /** Everything announced before the heartbeat is in effect: a guard that asks for it admits nobody it concerns. */
  async expectHeartbeatTrue(): Promise<void> {
    const beat = await this.#redis.run('GET', `${PREFIX}sync-heartbeat`)
    if (beat !== null) await this.#record.expectInEffect(Number(beat), 'there is a heartbeat')
  }

  async #sync(
    { consumer, keys, drop, failover, isSlow, maxMessages = 1_000 }: PassOptions,
    giveUp: readonly StreamLoss[] = [],
  ) {
    let count = 0
    let asked = 0
    this.#redis.intervention = async (exchange) => {
      if (failover !== undefined) {
        if (asked === failover.at - failover.unknown) await cutOff(this.#redis)
        if (asked++ === failover.at) {
          await failOver(this.#redis)
          this.came.add('failed over')
        }
      }
      if (drop === undefined || count++ < drop.at || count > drop.at + 2) return false
      this.came.add(`answer dropped ${drop.how}`)
      if (drop.how === 'before') return close(exchange)
      const { body } = await exchange.run()
      if (drop.how === 'after') return close(exchange)
      const text = JSON.stringify(body)
      exchange.response
        .writeHead(200, { 'Content-Length': text.length })
        .write(text.slice(0, text.length / 2))
      setTimeout(() => exchange.response.destroy(), 1)
      return true
    }
    const now = Date.now
    if (isSlow) Date.now = () => now() - 3_600_000
    try {
      const hmacKey = keys.map((key) => KEYS[key] ?? '')
      return await strictSync(this.#redis, { consumer, giveUp, hmacKey, maxMessages })
    } finally {
      Date.now = now
      if (drop !== undefined || failover !== undefined) this.#redis.intervention = undefined
    }
  }

  async #expectHonest(
    report: SyncReport,
    begunAt: number,
    { keys, drop, failover }: Pick<PassOptions, 'keys' | 'drop' | 'failover'>,
  ): Promise<void> {
    this.came.add(report.caughtUp ? 'clean' : `held or behind: ${report.fault}`)
    const kind = LOSSES.find((loss) => loss === report.fault)
    if (kind === 'unverified') {
      const isBehind = (await this.#record.missing(Number.POSITIVE_INFINITY)).length > 0
      // A pass that was cut short may have recovered a loss without having noted it, which another key cannot do.
      const isOfOtherKeys =
        drop !== undefined ||
        failover !== undefined ||
        this.#record.announced.some(({ key }) => !keys.includes(key))
      expect(isBehind || isOfOtherKeys || this.#record.happened.has(kind), 'unverified without cause').toBe(
        true,
      )
    } else if (kind !== undefined)
      expect([...this.#record.happened], 'an alarm without cause').toContain(kind)
    if (report.caughtUp) await this.#record.expectInEffect(begunAt, 'a pass was clean')
  }
}
