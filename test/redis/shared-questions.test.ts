// Look-ups that wait at the same time are one question to Redis. Each gets its own answer, at its own time, and none that
// is older than it is.

import type { RevocationState } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { answer, hang } from './endpoint-faults.ts'
import { describeRedis, type Exchange, PATIENT, sleep, type TestRedis } from './support.ts'

const PREFIX = 'caracal:revoked:sessions:'
/** How many questions may be under way. */
const PLACES = 3
/** How long a look-up waits for a place. */
const PLACE_WAIT_MS = 50
/** What a busy machine may take on top. */
const SLACK_MS = 400

const UNREVOKED = { revoked: false, delegationEpoch: 0 }

function storeOn(redis: TestRedis, options: { readonly timeoutMs: number } = PATIENT) {
  return new UpstashRevocationStore({ ...redis.database, ...options })
}

const about = (...anchors: readonly string[]) => ({ anchors, zoneId: undefined })

/** Holds every question until it is let go, in the order in which they come. */
function heldQuestions(redis: TestRedis) {
  const doors: (() => void)[] = []
  redis.intervention = () =>
    new Promise<void>((open) => {
      doors.push(open)
    })
  return {
    untilAsked: (count: number) => expect.poll(() => doors.length, { interval: 1 }).toBe(count),
    letGo: (index: number) => doors[index]?.(),
    letAllGo() {
      redis.intervention = undefined
      for (const open of doors) open()
    },
  }
}

/** Takes every place with a look-up of its own. */
async function takePlaces(store: UpstashRevocationStore, held: ReturnType<typeof heldQuestions>) {
  const first: Promise<RevocationState>[] = []
  for (let place = 0; place < PLACES; place++) {
    first.push(store.lookup(about(`place-${place}`)))
    await held.untilAsked(place + 1)
  }
  return first
}

const keysAsked = (redis: TestRedis) => redis.asked.map(([, ...keys]) => keys)
const keyed = (...ids: readonly string[]) => ids.map((id) => `${PREFIX}${id}`)

async function timed<T>(work: Promise<T>) {
  const startedAt = performance.now()
  const outcome = await work.then(
    () => 'answered',
    ({ fault }) => fault,
  )
  return { outcome, elapsedMs: performance.now() - startedAt }
}

describeRedis('look-ups of the same turn', (redis) => {
  it('are one MGET of their distinct keys, and each has its own verdict', async () => {
    const ids = Array.from({ length: 64 }, (_, index) => `session-${index}`)
    const revoked = ids.filter(() => Math.random() < 0.3)
    await redis.runAll(revoked.map((id) => ['SET', `${PREFIX}${id}`, '1']))
    await redis.run('SET', `${PREFIX}delegation-epoch:zone-1`, '7')
    redis.asked.length = 0
    const store = storeOn(redis)
    const answers = await Promise.all(
      ids.map((id, index) =>
        store.lookup({ anchors: [id, 'root'], zoneId: index % 2 === 0 ? 'zone-1' : undefined }),
      ),
    )
    expect(answers).toEqual(
      ids.map((id, index) => ({
        revoked: revoked.includes(id),
        delegationEpoch: index % 2 === 0 ? 7 : 0,
      })),
    )
    expect(redis.askedNames).toEqual(['MGET'])
    expect(keysAsked(redis)[0]?.toSorted()).toEqual(
      keyed(...ids, 'root', 'delegation-epoch:zone-1').toSorted(),
    )
  })

  it('are one question even if they are asked from different callbacks of it', async () => {
    const store = storeOn(redis)
    const asked = Array.from({ length: 5 }, (_, index) => {
      return new Promise<RevocationState>((resolve, reject) => {
        setTimeout(() => store.lookup(about(`session-${index}`)).then(resolve, reject), 5)
      })
    })
    // All of them are due before any of them can run: they run in one turn.
    const due = performance.now() + 10
    while (performance.now() < due);
    const answers = await Promise.all(asked)
    expect(answers).toEqual(Array(5).fill(UNREVOKED))
    expect(redis.asked).toHaveLength(1)
  })

  it.each([
    { wrong: '', what: 'an empty id' },
    { wrong: 'half-\ud98c', what: 'half a surrogate' },
    { wrong: 7, what: 'a number' },
    { wrong: undefined, what: 'nothing' },
  ])('do not fail for $what of one of them, which has an error of its own', async ({ wrong }) => {
    const store = storeOn(redis)
    const bad = store.lookup({ anchors: ['session-1', wrong as string], zoneId: undefined })
    const badZone = store.lookup({ anchors: ['session-1'], zoneId: (wrong ?? null) as string })
    const good = store.lookup(about('session-2'))
    await expect(bad).rejects.toThrow(TypeError)
    await expect(badZone).rejects.toThrow(TypeError)
    expect(await good).toEqual(UNREVOKED)
    expect(keysAsked(redis)).toEqual([keyed('session-2')])
  })

  it('are split where one command would have too many keys', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `session-${index}`)
    await redis.run('SET', `${PREFIX}session-299-d`, '1')
    redis.asked.length = 0
    const store = storeOn(redis)
    const answers = await Promise.all(
      ids.map((id) => store.lookup(about(`${id}-a`, `${id}-b`, `${id}-c`, `${id}-d`))),
    )
    expect(answers.map(({ revoked }) => revoked)).toEqual(ids.map((id) => id === 'session-299'))
    expect(keysAsked(redis).map(({ length }) => length)).toEqual([500, 500, 200])
  })

  it('are split where one command would be too long, and a long one is still asked for', async () => {
    const long = 'x'.repeat(100_000)
    const store = storeOn(redis)
    const ids = ['session-1', `${long}-1`, `${long}-2`, 'session-2', `${long}${long}`]
    expect(await Promise.all(ids.map((id) => store.lookup(about(id))))).toEqual(Array(5).fill(UNREVOKED))
    const lengths = keysAsked(redis).map((keys) => keys.join('').length)
    expect(lengths.filter((length) => length > 131_072)).toEqual([200_025])
    expect(keysAsked(redis).flat().toSorted()).toEqual(keyed(...ids).toSorted())
  })

  it('may have an answer that is too large for one of them alone', async () => {
    const value = 'x'.repeat(500)
    const ids = Array.from({ length: 200 }, (_, index) => `session-${index}`)
    await redis.runAll(ids.map((id) => ['SET', `${PREFIX}${id}`, value]))
    const store = storeOn(redis)
    const answers = await Promise.all(ids.map((id) => store.lookup(about(id))))
    expect(answers.every(({ revoked }) => revoked)).toBe(true)
  })
})

describeRedis('a look-up', (redis) => {
  it('waits for nobody while there is a place', async () => {
    const store = storeOn(redis)
    const held = heldQuestions(redis)
    const first = await takePlaces(store, held)
    expect(keysAsked(redis)).toEqual([0, 1, 2].map((place) => keyed(`place-${place}`)))
    held.letAllGo()
    expect(await Promise.all(first)).toEqual(Array(PLACES).fill(UNREVOKED))
  })

  it('that finds no place goes with all who wait, as soon as there is one', async () => {
    const store = storeOn(redis)
    const held = heldQuestions(redis)
    const first = await takePlaces(store, held)
    const ids = Array.from({ length: 10 }, (_, index) => `waiting-${index}`)
    const waiting = ids.map((id) => store.lookup(about(id)))
    await sleep(PLACE_WAIT_MS / 5)
    expect(redis.asked).toHaveLength(PLACES)
    held.letGo(2)
    await held.untilAsked(PLACES + 1)
    expect(keysAsked(redis)[PLACES]?.toSorted()).toEqual(keyed(...ids).toSorted())
    held.letAllGo()
    expect(await Promise.all([...first, ...waiting])).toEqual(Array(PLACES + ids.length).fill(UNREVOKED))
  })

  it('waits no more than 50 ms for a place, and then asks for all who wait', async () => {
    const store = storeOn(redis)
    const held = heldQuestions(redis)
    const first = await takePlaces(store, held)
    const startedAt = performance.now()
    const waiting = ['waiting-1', 'waiting-2'].map((id) => store.lookup(about(id)))
    await held.untilAsked(PLACES + 1)
    expect(performance.now() - startedAt).toBeGreaterThan(PLACE_WAIT_MS - 5)
    expect(performance.now() - startedAt).toBeLessThan(PLACE_WAIT_MS + SLACK_MS)
    expect(keysAsked(redis)[PLACES]).toEqual(keyed('waiting-1', 'waiting-2'))
    held.letGo(PLACES)
    expect(await Promise.all(waiting)).toEqual([UNREVOKED, UNREVOKED])
    held.letAllGo()
    await Promise.all(first)
  })

  it('is not served by an answer to a question that was sent before it', async () => {
    const store = storeOn(redis)
    let answerLate = () => {}
    redis.intervention = async ({ run, response }) => {
      redis.intervention = undefined
      const { body } = await run()
      await new Promise<void>((resolve) => {
        answerLate = resolve
      })
      response.writeHead(200).end(JSON.stringify(body))
      return true
    }
    const before = store.lookup(about('session-1'))
    await expect.poll(() => redis.asked.length).toBe(1)
    await sleep(50)
    await redis.run('SET', `${PREFIX}session-1`, '1')
    expect(await store.lookup(about('session-1'))).toMatchObject({ revoked: true })
    answerLate()
    expect(await before).toMatchObject({ revoked: false })
    expect(redis.asked).toHaveLength(2)
  })

  it('is asked for anew each time', async () => {
    const store = storeOn(redis)
    for (const revoked of [false, true, false]) {
      if (revoked) await redis.run('SET', `${PREFIX}session-1`, '1')
      else await redis.run('DEL', `${PREFIX}session-1`)
      expect(await store.lookup(about('session-1'))).toMatchObject({ revoked })
    }
    expect(redis.asked).toHaveLength(3)
  })

  it('has its own time limit, however long it waited and whoever asked', async () => {
    const timeoutMs = 400
    const store = storeOn(redis, { timeoutMs })
    redis.intervention = hang
    const all: ReturnType<typeof timed>[] = []
    for (let index = 0; index < 20; index++) {
      all.push(timed(store.lookup(about(`session-${index}`))))
      await sleep(20)
    }
    for (const { outcome, elapsedMs } of await Promise.all(all)) {
      expect(outcome).toBe('timeout')
      expect(elapsedMs).toBeGreaterThan(timeoutMs - 20)
      expect(elapsedMs).toBeLessThan(timeoutMs + SLACK_MS)
    }
    expect(redis.asked.length, 'fewer than look-ups').toBeLessThan(20)
    redis.intervention = undefined
    expect(await store.lookup(about('session-1'))).toEqual(UNREVOKED)
  })
})

describeRedis('a question that', (redis) => {
  const isAbout = ({ commands }: Exchange, id: string) => commands.flat().includes(`${PREFIX}${id}`)

  it('fails is an outage for those in it alone', async () => {
    const store = storeOn(redis)
    redis.intervention = async (exchange) => {
      await sleep(100)
      return isAbout(exchange, 'unlucky-1') && answer(500, '{"error":"ERR"}')(exchange)
    }
    const unlucky = ['unlucky-1', 'unlucky-2'].map((id) => timed(store.lookup(about(id))))
    await expect.poll(() => redis.asked.length).toBe(1)
    const lucky = await Promise.all(['lucky-1', 'lucky-2'].map((id) => store.lookup(about(id))))
    expect((await Promise.all(unlucky)).map(({ outcome }) => outcome)).toEqual(['status', 'status'])
    expect(lucky).toEqual([UNREVOKED, UNREVOKED])
    expect(redis.asked).toHaveLength(2)
  })

  it.each([
    '[null]',
    '[null,null,null]',
    '[]',
    '[null,1]',
    '[null,["1"]]',
    '[null,{}]',
    '[null,false]',
    'null',
    '{"0":null,"1":null}',
    '"OK"',
  ])('is answered with %s is malformed for all in it', async (result) => {
    const store = storeOn(redis)
    redis.intervention = answer(200, `{"result":${result}}`)
    const both = ['session-1', 'session-2'].map((id) => timed(store.lookup(about(id))))
    expect((await Promise.all(both)).map(({ outcome }) => outcome)).toEqual(['malformed', 'malformed'])
    expect(redis.asked).toHaveLength(1)
  })

  it('finds a malformed epoch is malformed for those who need that epoch', async () => {
    await redis.run('SET', `${PREFIX}delegation-epoch:zone-1`, 'seven')
    await redis.run('SET', `${PREFIX}delegation-epoch:zone-2`, '7')
    const store = storeOn(redis)
    const [bad, other, without] = await Promise.all([
      timed(store.lookup({ anchors: ['session-1'], zoneId: 'zone-1' })),
      store.lookup({ anchors: ['session-1'], zoneId: 'zone-2' }),
      store.lookup(about('session-1')),
    ])
    expect(bad.outcome).toBe('malformed')
    expect([other, without]).toEqual([{ revoked: false, delegationEpoch: 7 }, UNREVOKED])
    expect(redis.asked).toHaveLength(1)
  })
})
