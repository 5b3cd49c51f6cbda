// What somebody can do who may write to the streams but has no key: neither stop the consumer nor hide a message.

import { expect, it } from 'vitest'
import { answer, close, hang } from './endpoint-faults.ts'
import { announce, beatIn, held, runBefore } from './losses.ts'
import {
  add,
  age,
  behind,
  caughtUp,
  DELEGATIONS,
  deadLettersOf,
  deliverTo,
  epochIn,
  epochsOf,
  type Fields,
  GROUPS,
  NEW_KEY,
  namesOf,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  signed,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, type Exchange, type Intervention, nameOf, onCommand, PATIENT } from './support.ts'

const LARGEST_ID = '18446744073709551615-18446744073709551615'

const junk = (count: number): Fields[] =>
  Array.from({ length: count }, (_, at) => ({ session_id: `junk-${at}`, _sig: 'cd'.repeat(32) }))

/** The endpoint breaks on requests that are too large for it, or that hold a text. */
function breaksOn(what: number | string, how: Intervention): Intervention {
  return (exchange: Exchange) => {
    const text = JSON.stringify(exchange.commands)
    return (typeof what === 'number' ? text.length > what : text.includes(what)) && how(exchange)
  }
}

/** The endpoint does what it is asked, and breaks on answers that are too large for it. */
function breaksAfter(size: number, how: Intervention): Intervention {
  return async (exchange) => {
    const { status, body } = await exchange.run()
    const text = JSON.stringify(body)
    if (text.length > size) return how(exchange)
    exchange.response.writeHead(status).end(text)
    return true
  }
}

describeRedis('junk', (redis) => {
  it('of four megabytes that can be read, but not be written back, is buried without what it says', async () => {
    redis.intervention = breaksOn(1_000_000, answer(413, '{"error":"ERR max request size exceeded"}'))
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    const [id] = await add(redis, REVOCATIONS, [{ session_id: '"'.repeat(4_000_000) }])
    await publish(redis, REVOCATIONS, ...revocationOf('b'))
    expect(await sync(redis)).toEqual(caughtUp({ applied: 2, deadLettered: 1 }))
    expect(await deadLettersOf(redis, REVOCATIONS)).toEqual([
      { source_id: id, reason: 'invalid_signature', payload: [] },
    ])
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
  })

  it('of many kilobytes each is buried in as many commands as it takes', async () => {
    redis.intervention = breaksOn(1_000_000, answer(413, '{"error":"ERR max request size exceeded"}'))
    await runBefore(redis)
    const large = Array.from({ length: 60 }, (_, at) => ({ session_id: `${at}`.padEnd(30_000, '\n') }))
    await add(redis, REVOCATIONS, large)
    redis.asked.length = 0
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 60 }))
    const letters = await deadLettersOf(redis, REVOCATIONS)
    expect(new Set(letters.map(({ source_id }) => source_id)).size).toBe(60)
    expect(redis.asked.filter((command) => JSON.stringify(command).length > 1_000_000)).toEqual([])
    expect(redis.askedNames.filter((name) => name === 'BURY')).toHaveLength(20)
    expect(letters.every(({ payload }) => JSON.stringify(payload).length > 30_000)).toBe(true)
  })

  it('that is larger than a letter may be is buried without what it says', async () => {
    await runBefore(redis)
    await add(redis, REVOCATIONS, [{ session_id: 'x'.repeat(70_000) }, { session_id: 'x'.repeat(60_000) }])
    expect(await sync(redis)).toEqual(caughtUp({ deadLettered: 2 }))
    const [large, small] = await deadLettersOf(redis, REVOCATIONS)
    expect(large).toMatchObject({ payload: [] })
    expect(small).toMatchObject({ payload: { session_id: 'x'.repeat(60_000) } })
  })

  it.each(Object.entries({ refuses: answer(400, '{"error":"ERR max response size"}'), cuts: close }))(
    'of one megabyte each does not hide a message where the endpoint %s large answers',
    async (_, how) => {
      await runBefore(redis)
      for (const body of ['x'.repeat(1_000_000), '\n'.repeat(100_000)]) {
        await add(
          redis,
          REVOCATIONS,
          Array.from({ length: 12 }, () => ({ session_id: body })),
        )
      }
      await publish(redis, REVOCATIONS, ...revocationOf('a'))
      redis.intervention = breaksAfter(1_000_000, how)
      expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 24 }))
      expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
    },
  )

  it.each([200_000, 1_000_000])(
    'of %d bytes that a consumer left behind is claimed in bounded answers',
    async (size) => {
      await runBefore(redis)
      await add(
        redis,
        REVOCATIONS,
        Array.from({ length: 12 }, () => ({ session_id: 'x'.repeat(size) })),
      )
      await publish(redis, REVOCATIONS, ...revocationOf('a'))
      await deliverTo(redis, REVOCATIONS, 100)
      await age(redis, REVOCATIONS)
      redis.intervention = breaksAfter(1_000_000, close)
      expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 12 }))
    },
  )

  it('costs no more commands than honest messages do, which come first', async () => {
    await runBefore(redis)
    for (let at = 0; at < 5; at++) {
      await add(redis, REVOCATIONS, junk(90))
      await publish(
        redis,
        REVOCATIONS,
        ...revocationOf(...Array.from({ length: 10 }, (_, no) => `r-${at}-${no}`)),
      )
    }
    redis.asked.length = 0
    expect(await strictSync(redis)).toEqual(held('unverified', { applied: 50, deadLettered: 450 }))
    expect(redis.askedNames).toEqual([
      ...Array.from({ length: 5 }, () => ['TAKE', 'MARK', 'BURY']).flat(),
      ...['TAKE', 'TAKE', 'BEAT'],
    ])
  })

  it('cannot push an honest letter out before its key is there', { timeout: 120_000 }, async () => {
    await runBefore(redis)
    await add(redis, REVOCATIONS, [signed(REVOCATIONS, { session_id: 'honest' }, NEW_KEY)])
    await strictSync(redis)
    for (let at = 0; at < 11; at++) {
      await add(
        redis,
        REVOCATIONS,
        at % 2 ? junk(1_000) : junk(1_000).map(({ session_id = '' }) => ({ session_id })),
      )
      await strictSync(redis)
    }
    const letters = await deadLettersOf(redis, REVOCATIONS)
    expect(JSON.stringify(letters)).not.toContain('honest')
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toMatchObject({ applied: 1, fault: 'unverified' })
    expect(await revokedAmong(redis, ['honest'])).toEqual(['honest'])
  })

  it('under the largest id does not keep what is before it from being applied to a group without a counter', async () => {
    const sids = namesOf(19)
    await publish(redis, REVOCATIONS, ...revocationOf('before'))
    await redis.run('XGROUP', 'CREATE', REVOCATIONS, GROUPS[REVOCATIONS], '$')
    await publish(redis, REVOCATIONS, ...revocationOf(...sids))
    await redis.run('XADD', REVOCATIONS, LARGEST_ID, 'session_id', 'junk')
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 19, deadLettered: 1 }))
    expect(await revokedAmong(redis, sids)).toEqual(sids)
  })

  it('under the largest id, last of a lot that a consumer left behind, does not break off the pass', async () => {
    await runBefore(redis)
    const [id = ''] = await publish(redis, REVOCATIONS, ...revocationOf('in hand', ...namesOf(99)))
    await redis.run('XADD', REVOCATIONS, LARGEST_ID, 'session_id', 'junk')
    await deliverTo(redis, REVOCATIONS, 101)
    await age(redis, REVOCATIONS)
    await redis.run('XCLAIM', REVOCATIONS, GROUPS[REVOCATIONS], 'other', 0, id)
    expect(await sync(redis)).toEqual(behind({ applied: 99, deadLettered: 1 }))
  })

  it('as the first or last of a stream, however large, does not keep a pass from looking at it', async () => {
    await runBefore(redis)
    await add(redis, REVOCATIONS, [{ session_id: 'x'.repeat(9 * 2 ** 20) }])
    await sync(redis)
    for (let pass = 0; pass < 2; pass++) {
      await publish(redis, REVOCATIONS, ...revocationOf(`record-${pass}`))
      expect(await sync(redis)).toMatchObject({ applied: 1, caughtUp: true })
    }
  })
})

describeRedis('a message on which the endpoint breaks', (redis) => {
  const HOWS: Readonly<Record<string, Intervention>> = {
    'with an error': answer(500, '{"error":"ERR"}'),
    'with something that is not an answer': answer(200, '<!doctype html>'),
    'with a connection that is cut': close,
    'without a word': hang,
  }
  it.each(Object.keys(HOWS))('%s holds up itself alone', async (how) => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf(...'abcdefg', 'breaks', ...'hijk'))
    await publish(
      redis,
      DELEGATIONS,
      ...epochsOf(7),
      { zone_id: 'breaks', epoch: '1' },
      { zone_id: 'z', epoch: '2' },
    )
    redis.intervention = breaksOn('breaks', HOWS[how] ?? close)
    const timeoutMs = how === 'without a word' ? 100 : PATIENT.timeoutMs
    expect(await strictSync(redis, { timeoutMs })).toMatchObject({ applied: 13, pending: 2, caughtUp: false })
    expect(await revokedAmong(redis, [...'abcdefghijk'])).toHaveLength(11)
    expect(await epochIn(redis, 'z')).toBe('2')
    redis.intervention = undefined
    await age(redis, REVOCATIONS)
    await age(redis, DELEGATIONS)
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 2 }))
  })

  it('in lot after lot of letters does not keep the other stream from being read', async () => {
    await runBefore(redis)
    const large = Array.from({ length: 24 }, () => ({ session_id: 'breaks'.padEnd(10_000, '\u0001') }))
    await add(redis, REVOCATIONS, large)
    await publish(redis, DELEGATIONS, ...epochsOf(7))
    redis.intervention = breaksOn('breaks', hang)
    const report = await strictSync(redis, { timeoutMs: 1_000, maxDurationMs: 4_000 })
    expect(report).toMatchObject({ applied: 1, caughtUp: false })
    expect(await epochIn(redis)).toBe('7')
  })

  it('in lot after lot of letters does not keep later messages of its stream from being read', async () => {
    await runBefore(redis)
    const large = Array.from({ length: 24 }, () => ({ session_id: 'breaks'.padEnd(10_000, '\u0001') }))
    await add(redis, REVOCATIONS, large)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    redis.intervention = breaksOn('breaks', hang)
    const limits = { timeoutMs: 1_000, maxDurationMs: 4_000, maxMessages: 48 }
    // As many as are read before the message that is signed.
    expect(await strictSync(redis, limits)).toMatchObject({ deadLettered: 24, pending: 0 })
    expect(await strictSync(redis, limits)).toMatchObject({ applied: 1, pending: 0 })
    expect(await revokedAmong(redis, ['a'])).toEqual(['a'])
  })

  it('in lot after lot of letters does not cost a message that waits for its key what it says', async () => {
    await runBefore(redis)
    const large = Array.from({ length: 24 }, () => ({ session_id: 'breaks'.padEnd(10_000, '\u0001') }))
    await add(redis, REVOCATIONS, large)
    await announce(redis, NEW_KEY, 'honest')
    redis.intervention = breaksOn('breaks', hang)
    const report = await strictSync(redis, { timeoutMs: 1_000, maxDurationMs: 4_000 })
    expect(report).toMatchObject({ deadLettered: 24, pending: 1, caughtUp: false })
    await age(redis, REVOCATIONS)
    await strictSync(redis, { hmacKey: NEW_KEY })
    expect(await revokedAmong(redis, ['honest'])).toEqual(['honest'])
  })

  it('holds up a pass for no longer than the pass may last', async () => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(100)))
    redis.intervention = onCommand('MARK', hang)
    const startedAt = performance.now()
    const report = await strictSync(redis, { timeoutMs: 200, maxDurationMs: 1_000 })
    expect(report).toMatchObject({ applied: 0, pending: 100, caughtUp: false, fault: 'timeout' })
    // One try for each of them would take as many times 200 ms.
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  it.each(Object.keys(HOWS))('%s is buried without what it says', async (how) => {
    await runBefore(redis)
    await add(redis, REVOCATIONS, [...junk(3), { session_id: 'breaks' }, ...junk(2)])
    redis.intervention = breaksOn('breaks', HOWS[how] ?? close)
    const timeoutMs = how === 'without a word' ? 100 : PATIENT.timeoutMs
    expect(await sync(redis, { timeoutMs })).toEqual(caughtUp({ deadLettered: 6 }))
    const letters = await deadLettersOf(redis, REVOCATIONS)
    expect(new Set(letters.map(({ source_id }) => source_id)).size).toBe(6)
    expect(JSON.stringify(letters)).not.toContain('breaks')
  })
})

describeRedis('a message that is pending', (redis) => {
  it('under an id far ahead of every clock keeps passes from being clean', async () => {
    await runBefore(redis)
    const { _sig = '' } = signed(REVOCATIONS, { session_id: 'a' })
    const id = `${Date.now() + 86_400_000}-0`
    await redis.run('XADD', REVOCATIONS, id, 'session_id', 'a', '_sig', _sig)
    await deliverTo(redis, REVOCATIONS, 100)
    expect(await strictSync(redis)).toEqual(behind())
    expect(await beatIn(redis)).toBe(0)
    await age(redis, REVOCATIONS)
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('with a consumer that reads its own messages again, for ever, keeps passes from being clean', async () => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    await deliverTo(redis, REVOCATIONS, 100)
    for (let pass = 0; pass < 3; pass++) {
      await age(redis, REVOCATIONS)
      await redis.run('XREADGROUP', 'GROUP', GROUPS[REVOCATIONS], 'other', 'STREAMS', REVOCATIONS, 0)
      expect(await strictSync(redis)).toEqual(behind())
    }
    expect(await beatIn(redis)).toBe(0)
  })

  it.each(['MARK', 'BEAT'])('and came after the pass began, at its %s, does not', async (moment) => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('early'))
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== moment) return
      await publish(redis, REVOCATIONS, ...revocationOf('late'))
      await deliverTo(redis, REVOCATIONS, 100)
    }
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })
})
