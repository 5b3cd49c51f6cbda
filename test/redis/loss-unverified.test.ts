// Messages whose signature did not verify: a loss until their key is known.

import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { answer, close } from './endpoint-faults.ts'
import { ADMITTED, guardedBy, issuer, REVOKED, UNAVAILABLE } from './guarded.ts'
import { announce, expectHeld, held, lossKey, raise, runBefore } from './losses.ts'
import {
  add,
  age,
  caughtUp,
  deadLettersOf,
  epochIn,
  type Fields,
  HMAC_KEY,
  listOf,
  NEW_KEY,
  namesOf,
  REVOCATIONS,
  revokedAmong,
  STREAMS,
  signed,
  strictSync,
} from './streams.ts'
import { describeRedis, nameOf, nameOfCommand, onCommand, PATIENT } from './support.ts'

const THIRD_KEY = 'cd'.repeat(40)

describeRedis('messages under a key that a pass does not have', (redis) => {
  it('are dead-lettered, and no pass is clean until their key is there', async () => {
    const knock = guardedBy(
      new UpstashRevocationStore({ ...redis.database, ...PATIENT, maxSyncAgeMs: 180_000 }),
    )
    const revoked = await issuer.mint({ claims: { sid: 'a' } })
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a', 'b')
    await raise(redis, NEW_KEY, 7)
    expect(await strictSync(redis)).toEqual(held('unverified', { deadLettered: 3 }))
    expect(await strictSync(redis)).toEqual(held('unverified'))
    expect(await knock(revoked)).toMatchObject({ ...UNAVAILABLE, fault: 'stale' })
    expect(await deadLettersOf(redis, REVOCATIONS)).toMatchObject([
      { reason: 'invalid_signature' },
      { reason: 'invalid_signature' },
    ])

    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp({ applied: 3 }))
    expect(await knock(revoked)).toMatchObject(REVOKED)
    expect(await knock(await issuer.mint({ claims: { sid: 'c', delegation_graph_epoch: 7 } }))).toMatchObject(
      ADMITTED,
    )
    expect(await epochIn(redis)).toBe('7')
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp())
  })

  it.each(STREAMS)('of %s are held for as long as mandates live', async (stream) => {
    await runBefore(redis)
    await (stream === REVOCATIONS ? announce(redis, NEW_KEY, 'a') : raise(redis, NEW_KEY, 7))
    expect(await strictSync(redis)).toEqual(held('unverified', { deadLettered: 1 }))
    await expectHeld(redis, 'unverified', stream, 'waiting')
  })

  it('are given up by the pass that meets them, or by a later one', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    expect(await strictSync(redis, { giveUp: ['unverified'] })).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await strictSync(redis)).toEqual(caughtUp())
    await announce(redis, NEW_KEY, 'b')
    expect(await strictSync(redis, { giveUp: ['trimmed', 'restarted'] })).toMatchObject({
      fault: 'unverified',
    })
    expect(await strictSync(redis, { giveUp: ['unverified'] })).toEqual(caughtUp())
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp())
    await announce(redis, THIRD_KEY, 'c')
    await strictSync(redis, { giveUp: ['unverified'], maxMessages: 1 })
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('are applied without a signature once unsigned streams are asked for', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    await strictSync(redis)
    const options = { ...redis.database, ...PATIENT }
    expect(await syncRevocations({ ...options, unsignedStreams: 'accept' })).toEqual(caughtUp({ applied: 1 }))
  })

  it('are tried with each new key, and with none twice', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    await announce(redis, THIRD_KEY, 'b')
    const keys = [HMAC_KEY, HMAC_KEY, THIRD_KEY, THIRD_KEY, HMAC_KEY, NEW_KEY]
    const reports = []
    const tries = []
    for (const hmacKey of keys) {
      redis.asked.length = 0
      reports.push(await strictSync(redis, { hmacKey }))
      tries.push(redis.askedNames.includes('RETRY'))
    }
    expect(reports.map(({ applied }) => applied)).toEqual([0, 0, 1, 0, 0, 1])
    expect(tries).toEqual([false, false, true, false, true, true])
    expect(reports.map((report) => report.caughtUp)).toEqual([false, false, false, false, false, true])
    expect(await revokedAmong(redis, ['a', 'b'])).toHaveLength(2)
  })

  it('are tried as well if another consumer with other keys put them aside', async () => {
    await runBefore(redis)
    await announce(redis, THIRD_KEY, 'a')
    await strictSync(redis)
    await strictSync(redis, { hmacKey: THIRD_KEY })
    await announce(redis, NEW_KEY, 'b')
    expect(await strictSync(redis)).toMatchObject({ deadLettered: 1 })
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp({ applied: 1 }))
  })

  it('are tried if another consumer put them aside, without those before them, which were tried already', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    await strictSync(redis)
    const letters = listOf(await redis.run('XRANGE', lossKey('waiting', REVOCATIONS), '-', '+'))
    await announce(redis, NEW_KEY, 'b')
    redis.intervention = onCommand('RETRY', close)
    await strictSync(redis, { hmacKey: THIRD_KEY })
    redis.intervention = undefined
    redis.asked.length = 0
    await strictSync(redis)
    const starts = redis.asked
      .filter((command) => nameOfCommand(command) === 'RETRY')
      .map((words) => words[8])
    expect(starts[0]).toBe(`(${String(listOf(letters[0])[0])}`)
  })

  it('are tried for no longer than a pass may last', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, ...namesOf(450))
    await strictSync(redis)
    const now = Date.now
    redis.intervention = onCommand('RETRY', () => {
      Date.now = () => now() + 60_000
    })
    try {
      expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(held('unverified'))
    } finally {
      Date.now = now
    }
    redis.intervention = undefined
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp({ applied: 450 }))
  })

  it('are tried also where somebody has made them stay for ever', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    await announce(redis, THIRD_KEY, 'b')
    await strictSync(redis)
    redis.intervention = onCommand('RETRY', async () => {
      await redis.run('PERSIST', lossKey('waiting', REVOCATIONS))
    })
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(held('unverified', { applied: 1 }))
  })

  it('are tried also by a pass that puts others aside', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    await strictSync(redis)
    await announce(redis, THIRD_KEY, 'b')
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(
      held('unverified', { applied: 1, deadLettered: 1 }),
    )
  })

  it('are tried again if they cannot be applied at once, and none of them is forgotten', async () => {
    await runBefore(redis)
    for (const name of ['MARK', 'RETRY']) {
      const sids = [`${name}-a`, `${name}-b`]
      await announce(redis, NEW_KEY, ...sids)
      await strictSync(redis)
      redis.intervention = onCommand(name, answer(500, '{"error":"ERR"}'))
      expect(await strictSync(redis, { hmacKey: NEW_KEY })).toMatchObject({ caughtUp: false })
      redis.intervention = undefined
      expect(await strictSync(redis)).toMatchObject({ fault: 'unverified' })
      redis.intervention = onCommand(name, (exchange) => exchange.run().then(() => close(exchange)))
      expect(await strictSync(redis, { hmacKey: NEW_KEY })).toMatchObject({ caughtUp: false })
      redis.intervention = undefined
      expect(await strictSync(redis, { hmacKey: NEW_KEY })).toMatchObject({ caughtUp: true })
      expect(await revokedAmong(redis, sids)).toEqual(sids)
    }
  })

  it('are recovered in full also where burying them was carried out and never answered', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a', 'b', 'c')
    let left = 5
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'BURY' || left-- <= 0) return false
      await exchange.run()
      return close(exchange)
    }
    expect(await strictSync(redis)).toMatchObject({ caughtUp: false })
    redis.intervention = undefined
    await age(redis, REVOCATIONS)
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toMatchObject({ caughtUp: true, fault: undefined })
    expect(await revokedAmong(redis, ['a', 'b', 'c'])).toHaveLength(3)
  })

  it('keep what is in them through a fault of the moment, and are dead-lettered without it if the fault lasts', async () => {
    for (const [faults, sids] of [
      [1, ['a']],
      [9, []],
    ] as const) {
      await redis.reset()
      await runBefore(redis)
      await announce(redis, NEW_KEY, 'a')
      let left: number = faults
      redis.intervention = (exchange) => {
        const isFaulty =
          nameOf(exchange) === 'BURY' && JSON.stringify(exchange.commands).includes('session_id')
        return isFaulty && left-- > 0 && answer(500, '{}')(exchange)
      }
      expect(await strictSync(redis)).toMatchObject({ caughtUp: false, pending: 1, fault: 'status' })
      for (let pass = 0; pass < 2; pass++) {
        await age(redis, REVOCATIONS)
        await strictSync(redis)
      }
      expect(await deadLettersOf(redis, REVOCATIONS)).toHaveLength(1)
      await strictSync(redis, { hmacKey: NEW_KEY })
      expect(await revokedAmong(redis, ['a']), `${faults} faults`).toEqual(sids)
    }
  })

  it('are all tried, however many there are', async () => {
    const sids = Array.from({ length: 450 }, (_, at) => `record-${at}`)
    await runBefore(redis)
    await announce(redis, NEW_KEY, ...sids)
    await strictSync(redis)
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp({ applied: 450 }))
    expect(await revokedAmong(redis, sids)).toHaveLength(450)
    expect(await redis.run('EXISTS', lossKey('waiting', REVOCATIONS), lossKey('tried', REVOCATIONS))).toBe(0)
  })

  it('are all tried although one of them cannot be applied, which is tried again', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'breaks', ...namesOf(149))
    await strictSync(redis)
    redis.intervention = (exchange) =>
      JSON.stringify(exchange.commands).includes('breaks') && answer(500, '{}')(exchange)
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(held('unverified', { applied: 149 }))
    redis.intervention = undefined
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp({ applied: 1 }))
  })

  it('say nothing even under their key when there is nothing to apply in them', async () => {
    await runBefore(redis)
    const empty: Fields = { zone_id: 'zone-1' }
    await add(redis, REVOCATIONS, [signed(REVOCATIONS, empty, NEW_KEY)])
    expect(await strictSync(redis)).toMatchObject({ fault: 'unverified' })
    expect(await strictSync(redis, { hmacKey: NEW_KEY })).toEqual(caughtUp())
  })
})
