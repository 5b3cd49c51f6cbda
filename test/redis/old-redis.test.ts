// An older Redis, which reports less than later ones: what it does not report is unknown, and raises no alarm.

import { expect, it } from 'vitest'
import { held, runBefore } from './losses.ts'
import { age, caughtUp, GROUPS, publish, REVOCATIONS, revocationOf, strictSync } from './streams.ts'
import { describeRedis, type TestRedis, wordsOf } from './support.ts'

const SIDS = Array.from({ length: 9 }, (_, at) => `record-${at}`)
const COUNTERS = ['entries-added', 'entries-read', 'max-deleted-entry-id']

/** Whatever scripts ask for under these names is not there. */
function without(redis: TestRedis, ...names: readonly string[]): void {
  redis.intervention = async ({ commands, response }) => {
    const [name = '', script = '', ...rest] = wordsOf(commands[0] ?? [])
    const changed = names.reduce((text, word) => text.replaceAll(`'${word}'`, `'no-${word}'`), script)
    if (changed === script) return false
    response.end(JSON.stringify({ result: await redis.run(name, changed, ...rest) }))
    return true
  }
}

describeRedis('a Redis', (redis) => {
  it('without counters raises no alarm, whatever is cut', async () => {
    without(redis, ...COUNTERS)
    await runBefore(redis)
    for (let pass = 0; pass < 3; pass++) {
      await publish(redis, REVOCATIONS, ...revocationOf(...SIDS))
      await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 3 * pass)
      expect(await strictSync(redis)).toEqual(caughtUp({ applied: 3 * pass }))
    }
  })

  it('without counters goes on from the beginning where a group was set into the future', async () => {
    without(redis, ...COUNTERS, 'ENTRIESREAD')
    await runBefore(redis)
    await redis.run('XGROUP', 'SETID', REVOCATIONS, GROUPS[REVOCATIONS], '99999999999999-0')
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 1 }))
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('without counters still tells that it lost its memory, and messages that were pending', async () => {
    without(redis, ...COUNTERS)
    await runBefore(redis)
    const [id = ''] = await publish(redis, REVOCATIONS, ...revocationOf('a', 'b'))
    await redis.run('XREADGROUP', 'GROUP', GROUPS[REVOCATIONS], 'other', 'STREAMS', REVOCATIONS, '>')
    await age(redis, REVOCATIONS)
    await redis.run('XDEL', REVOCATIONS, id)
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 1 }))
    await redis.run('FLUSHALL')
    expect(await strictSync(redis)).toEqual(held('restarted'))
  })

  it('that got its counters with an upgrade raises no alarm for that', async () => {
    without(redis, ...COUNTERS)
    await publish(redis, REVOCATIONS, ...revocationOf(...SIDS))
    await runBefore(redis)
    redis.intervention = undefined
    for (let pass = 0; pass < 3; pass++) expect(await strictSync(redis)).toEqual(caughtUp())
    await publish(redis, REVOCATIONS, ...revocationOf(...SIDS))
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 8)
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 8 }))
  })

  it('that cannot mend a counter tells of every loss, and of each of them once', async () => {
    without(redis, 'ENTRIESREAD')
    await runBefore(redis)
    for (const count of [3, 2, 4]) {
      await publish(redis, REVOCATIONS, ...revocationOf(...SIDS))
      await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 9 - count)
      expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 9 - count }))
      expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
      for (let pass = 0; pass < 2; pass++) expect(await strictSync(redis)).toEqual(caughtUp())
    }
  })

  it('of version 6, which has an empty place for what is gone, tells of it', async () => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    await redis.run('XREADGROUP', 'GROUP', GROUPS[REVOCATIONS], 'other', 'STREAMS', REVOCATIONS, '>')
    await age(redis, REVOCATIONS)
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 0)
    redis.intervention = async ({ commands, response }) => {
      const [name = '', script = '', ...rest] = wordsOf(commands[0] ?? [])
      const changed = script.replace(/redis\.call\('XCLAIM'[^\n]*/, 'false')
      if (changed === script) return false
      response.end(JSON.stringify({ result: await redis.run(name, changed, ...rest) }))
      return true
    }
    expect(await strictSync(redis)).toEqual(held('trimmed'))
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(caughtUp())
  })
})
