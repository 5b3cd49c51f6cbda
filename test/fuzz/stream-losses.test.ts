// Random histories of a deployment: no pass is clean, and no heartbeat written, while an announcement is not in effect;
// and no alarm is raised where nothing was lost.

import fc from 'fast-check'
import { expect } from 'vitest'
import { RedisLookup } from '../../src/redis/redis-lookup.ts'
import { SharedQuestions } from '../../src/redis/shared-questions.ts'
import { guardedBy, issuer } from '../redis/guarded.ts'
import { PREFIX, REVOCATIONS } from '../redis/streams.ts'
import { describeRedis, PATIENT, sleep, type TestRedis } from '../redis/support.ts'
import { property } from './runs.ts'
import { History, type PassOptions, PLAIN, STREAMS } from './stream-history.ts'

type Step = (history: History) => Promise<unknown>
type Said = readonly [text: string, step: Step]

const stream = fc.constantFrom(...STREAMS)
const few = fc.integer({ min: 1, max: 4 })
const producerKey = fc.constantFrom(0, 0, 0, 0, 0, 1, 2)
/** Passes have the right key most of the time, or two while it is rotated. */
const consumerKeys = fc.constantFrom([0], [0], [0, 1], [1, 0], [1], [2, 0])
const drop = fc.option(
  fc.record({
    at: fc.nat(9),
    how: fc.constantFrom('before' as const, 'after' as const, 'half way' as const),
  }),
  { nil: undefined, freq: 2 },
)
const failover = fc.option(
  fc
    .record({ at: fc.integer({ min: 1, max: 9 }), unknown: fc.integer({ min: 1, max: 9 }) })
    .map(({ at, unknown }) => ({ at, unknown: Math.min(at, unknown) })),
  { nil: undefined, freq: 3 },
)
const passOptions: fc.Arbitrary<PassOptions> = fc.record({
  consumer: fc.constantFrom('one', 'two'),
  keys: consumerKeys,
  drop,
  failover,
  isSlow: fc.constantFrom(false, false, false, true),
  maxMessages: fc.option(few, { nil: undefined, freq: 2 }),
})

const announce = fc
  .tuple(stream, producerKey, few, fc.option(few, { nil: undefined, freq: 3 }))
  .map(
    ([on, key, count, most]): Said => [
      `announce ${count} in ${on} with key ${key}, bounded by ${most}`,
      (history) => history.announce(on, key, count, most),
    ],
  )
const pass = passOptions.map(
  (options): Said => [`pass ${JSON.stringify(options)}`, (history) => history.pass(options)],
)
const cleanPass = consumerKeys.map(
  (keys): Said => [`pass with keys ${keys}`, (history) => history.pass({ ...PLAIN, keys })],
)
const honest: fc.Arbitrary<Said> = fc.oneof(
  stream.map((on): Said => [`cut what was read of ${on}`, (history) => history.trimWhatWasRead(on)]),
  fc
    .tuple(stream, few, fc.boolean())
    .map(
      ([on, count, dies]): Said => [
        `another consumer reads ${count} of ${on} and ${dies ? 'dies' : 'applies them'}`,
        (history) => history.readElsewhere(on, count, dies),
      ],
    ),
  stream.map((on): Said => [`another group reads ${on}`, (history) => history.readInAnotherGroup(on)]),
  fc.constant<Said>(['time passes for what is pending', (history) => history.age()]),
  fc
    .tuple(stream, fc.constantFrom('set back' as const, 'consumer' as const), fc.nat(9))
    .map(([on, how, at]): Said => [`tidy ${on}: ${how} (${at})`, (history) => history.tidy(on, how, at)]),
  consumerKeys.map((keys): Said => ['passes at once', (history) => history.passesAtOnce(keys)]),
)
const losing: fc.Arbitrary<Said> = fc.oneof(
  fc
    .tuple(stream, fc.constantFrom('set forward' as const, 'deleted' as const), fc.nat(2))
    .map(([on, how, at]): Said => [`skip in ${on}: ${how} (${at})`, (history) => history.skip(on, how, at)]),
  fc
    .tuple(stream, few)
    .map(([on, length]): Said => [`cut ${on} to ${length - 1}`, (history) => history.trim(on, length - 1)]),
  fc
    .tuple(stream, few)
    .map(([on, count]): Said => [`${count} of junk in ${on}`, (history) => history.addJunk(on, count)]),
  fc
    .tuple(
      fc.constantFrom('flush' as const, 'failover' as const, 'stream' as const, 'group' as const),
      stream,
    )
    .map(([how, on]): Said => [`lose memory: ${how} (${on})`, (history) => history.loseMemory(how, on)]),
)
const remaking: fc.Arbitrary<Said> = fc
  .tuple(fc.constantFrom('stream' as const, 'group' as const), stream, fc.constantFrom('0', '$'), passOptions)
  .map(
    ([what, on, at, options]): Said => [
      `make the ${what} of ${on} again at ${at}, and pass ${JSON.stringify(options)}`,
      (history) => history.makeAgain(what, on, at, options),
    ],
  )
const answering: fc.Arbitrary<Said> = fc.oneof(
  consumerKeys.map((keys): Said => ['give up', (history) => history.giveUp(keys)]),
  fc.constant<Said>(['outlive the holds', (history) => history.outliveHolds()]),
)

const anything = fc.oneof(
  { arbitrary: announce, weight: 5 },
  { arbitrary: pass, weight: 4 },
  { arbitrary: cleanPass, weight: 3 },
  { arbitrary: honest, weight: 4 },
  { arbitrary: losing, weight: 2 },
  { arbitrary: remaking, weight: 1 },
  { arbitrary: answering, weight: 1 },
)
const onlyHonest = fc.oneof(
  { arbitrary: announce, weight: 5 },
  { arbitrary: pass, weight: 4 },
  { arbitrary: cleanPass, weight: 3 },
  { arbitrary: honest, weight: 5 },
)

async function runThrough(redis: TestRedis, steps: readonly Said[]): Promise<readonly string[]> {
  await redis.reset()
  const history = new History(redis)
  expect(await history.giveUp([0])).toMatchObject({ caughtUp: true })
  for (const [text, step] of steps) {
    try {
      await step(history)
      await history.expectHeartbeatTrue()
    } catch (error) {
      throw new Error(`after "${text}": ${error instanceof Error ? error.message : error}`, { cause: error })
    }
  }
  await expectRefused(redis, history)
  // In the end everything that can still be read is applied, and passes are clean.
  await history.age()
  await history.giveUp([0, 1])
  await history.age()
  await history.giveUp([2])
  await history.age()
  expect(await history.giveUp([0, 1])).toMatchObject({ caughtUp: true, pending: 0, fault: undefined })
  await history.pass({ ...PLAIN, keys: [0] })
  await history.expectHeartbeatTrue()
  return [...history.came]
}

/** A guard admits nobody whose revocation was announced longer ago than the age of the heartbeat that it asks for. */
async function expectRefused(redis: TestRedis, { announced }: History): Promise<void> {
  const revocations = announced.filter((one) => one.stream === REVOCATIONS)
  for (const { subject, doneAt } of [revocations[0], revocations.at(-1)].filter((one) => one !== undefined)) {
    await sleep(3)
    const mandate = await issuer.mint({ agent: false, claims: { sid: subject } })
    const maxSyncAgeMs = Math.max(1, Date.now() - doneAt - 2)
    // The options take no age as short as this.
    const questions = new SharedQuestions((command) => redis.run(...command), PATIENT.timeoutMs)
    const lookup = new RedisLookup(questions, PREFIX, maxSyncAgeMs)
    const { status } = await guardedBy({ lookup: (asked) => lookup.read(asked) })(mandate)
    expect([401, 503]).toContain(status)
  }
}

const DROPS = ['before', 'after', 'half way'].map((how) => `answer dropped ${how}`)

describeRedis('a history', (redis) => {
  property('of anything', {
    cases: fc.array(anything, { minLength: 5, maxLength: 25 }),
    runs: 40,
    classes: [
      ...['clean', 'cut of what was read', 'stream made again', 'group made again', 'failed over', ...DROPS],
      ...['trimmed', 'unverified', 'restarted', 'undefined'].map((fault) => `held or behind: ${fault}`),
    ],
    check: (steps) => runThrough(redis, steps),
  })
})

// With a Redis of its own: what the clock has interrupted goes on for a while.
describeRedis('an honest history', (redis) => {
  property('of honest things alone, but for keys', {
    cases: fc.array(onlyHonest, { minLength: 5, maxLength: 25 }),
    runs: 30,
    classes: ['clean', 'cut of what was read', 'held or behind: unverified', 'failed over', ...DROPS],
    async check(steps) {
      const came = await runThrough(redis, steps)
      expect(came).not.toContain('held or behind: restarted')
      expect(came).not.toContain('held or behind: trimmed')
      return came
    },
  })
})
