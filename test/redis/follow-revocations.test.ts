// followRevocations: passes without end, in both entries, until the signal fires.

import * as overRedis from 'caracal-edge/redis'
import * as overUpstash from 'caracal-edge/upstash'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hang, reset } from './endpoint-faults.ts'
import { describeRedis, sleep, type TestRedis } from './support.ts'

const UNSIGNED = { unsignedStreams: 'accept' } as const
/** What a busy machine may take on top of a pass and a pause. */
const POLL = { timeout: 10_000 }
const KEY = 'caracal:revoked:sessions:session-1'

const STREAM = 'caracal.sessions.revoke'
const announce = (redis: TestRedis, id: string) =>
  redis.run('XADD', STREAM, '*', 'zone_id', 'zone-1', 'session_id', id)

type Options = Pick<overRedis.FollowRevocationsOptions, 'signal' | 'onPass' | 'maxMessages' | 'giveUp'>

const WAYS = {
  'caracal-edge/redis': (redis: TestRedis, options: Options) =>
    overRedis.followRevocations({ command: (command) => redis.run(...command), ...UNSIGNED, ...options }),
  'caracal-edge/upstash': (redis: TestRedis, options: Options) =>
    overUpstash.followRevocations({ ...redis.database, ...UNSIGNED, ...options }),
}

let end: AbortController
beforeEach(() => {
  end = new AbortController()
})
afterEach(() => {
  end.abort()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describeRedis('with a Redis', (redis) => {
  describe.each(Object.entries(WAYS))('%s', (_, follow) => {
    it('applies what is announced while it runs, and resolves when the signal fires', async () => {
      const reports: overRedis.SyncReport[] = []
      const following = follow(redis, {
        signal: end.signal,
        onPass: (report) => reports.push(report),
        giveUp: ['restarted'],
      })
      await expect.poll(() => reports.length, POLL).toBe(1)
      expect(reports[0]).toMatchObject({ applied: 0, caughtUp: true })
      await announce(redis, 'session-1')
      await expect.poll(() => redis.run('GET', KEY), POLL).toBe('1')
      await expect.poll(() => reports.some(({ applied }) => applied === 1), POLL).toBe(true)
      const startedAt = performance.now()
      end.abort()
      expect(await following).toBeUndefined()
      expect(performance.now() - startedAt, 'it does not sleep on').toBeLessThan(500)
      const passes = reports.length
      await sleep(1_200)
      expect(reports).toHaveLength(passes)
    })

    it('goes on at once while there is more to do', async () => {
      await redis.runAll(
        Array.from({ length: 20 }, (_, index) => ['XADD', STREAM, '*', 'zone_id', 'z', 'sid', `s-${index}`]),
      )
      const startedAt = performance.now()
      const reports: overRedis.SyncReport[] = []
      const following = follow(redis, {
        signal: end.signal,
        giveUp: ['restarted'],
        maxMessages: 2,
        onPass: (report) => {
          reports.push(report)
          if (report.caughtUp) end.abort()
        },
      })
      await following
      expect(reports.reduce((sum, { applied }) => sum + applied, 0)).toBe(20)
      expect(reports.length).toBeGreaterThan(9)
      expect(performance.now() - startedAt, 'without ten pauses').toBeLessThan(8_000)
    })

    it('does nothing where the signal has fired before', async () => {
      end.abort()
      const onPass = vi.fn()
      await follow(redis, { signal: end.signal, onPass })
      expect(onPass).not.toHaveBeenCalled()
    })

    it.each([
      { what: 'throws', onPass: () => fail() },
      { what: 'rejects', onPass: async () => fail() },
    ])('goes on where onPass $what, and logs the kind of error alone', async ({ onPass }) => {
      const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
      let passes = 0
      const following = follow(redis, {
        signal: end.signal,
        onPass: () => {
          passes += 1
          return onPass()
        },
      })
      await expect.poll(() => passes, POLL).toBe(2)
      end.abort()
      await following
      expect(logged.mock.calls).toEqual([['caracal-edge: onPass threw RangeError:', expect.any(RangeError)]])
    })
  })

  function fail(): never {
    throw new RangeError('session-1')
  }

  it('a pass starts nothing new after the signal', async () => {
    await announce(redis, 'session-1')
    redis.asked.length = 0
    redis.intervention = () => {
      end.abort()
      return false
    }
    const reports: overRedis.SyncReport[] = []
    await WAYS['caracal-edge/upstash'](redis, {
      signal: end.signal,
      onPass: (report) => reports.push(report),
    })
    expect(reports).toHaveLength(1)
    expect(reports[0]?.caughtUp).toBe(false)
    expect(redis.askedNames.filter((name) => name === 'TAKE')).toHaveLength(1)
    redis.intervention = undefined
    expect(await redis.run('GET', 'caracal:revoked:sessions:sync-heartbeat')).toBeNull()
  })

  it('goes on after an outage, as soon as it is over', async () => {
    redis.intervention = reset
    const reports: overRedis.SyncReport[] = []
    const following = WAYS['caracal-edge/upstash'](redis, {
      signal: end.signal,
      onPass: (report) => reports.push(report),
    })
    await expect.poll(() => reports.length, POLL).toBe(2)
    expect(reports.map(({ fault }) => fault)).toEqual(['network', 'network'])
    await announce(redis, 'session-1')
    redis.intervention = undefined
    await expect.poll(() => redis.run('GET', KEY), POLL).toBe('1')
    end.abort()
    await following
  })

  it('ends while Redis hangs, with the command that is under way', async () => {
    redis.intervention = hang
    const following = overUpstash.followRevocations({
      ...redis.database,
      ...UNSIGNED,
      timeoutMs: 300,
      signal: end.signal,
      onPass: () => {},
    })
    await expect.poll(() => redis.asked.length, POLL).toBe(1)
    end.abort()
    expect(await following).toBeUndefined()
  })
})

describe('in an outage', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('the pauses grow from one second to thirty', async () => {
    const passes: number[] = []
    const following = overRedis.followRevocations({
      command: async () => {
        throw new Error('The connection is closed.')
      },
      ...UNSIGNED,
      signal: end.signal,
      onPass: () => passes.push(Date.now()),
    })
    await vi.advanceTimersByTimeAsync(150_000)
    const pauses = passes.slice(1).map((at, index) => Math.round((at - (passes[index] ?? 0)) / 1_000))
    expect(pauses.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
    end.abort()
    await following
  })

  it('it is logged once a minute where nobody is told', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    const following = overRedis.followRevocations({
      command: async () => {
        throw new Error('session-1')
      },
      ...UNSIGNED,
      signal: end.signal,
    })
    await vi.advanceTimersByTimeAsync(40_000)
    end.abort()
    await following
    expect(logged.mock.calls).toEqual([['caracal-edge: revocations are behind (network)']])
  })
})

describe('mistakes', () => {
  const command = async () => null

  it.each<{ wrong: object; named: string }>([
    { wrong: { signal: true }, named: 'signal' },
    { wrong: { signal: undefined }, named: 'signal' },
    { wrong: { onPass: 'log' }, named: 'onPass' },
    { wrong: { onpass: () => {} }, named: 'onpass' },
    { wrong: { hmacKey: 'short' }, named: 'hmacKey' },
  ])('$wrong is refused by name', async ({ wrong, named }) => {
    const expected = new RegExp(`- (Unknown option ")?${named}\\b`)
    await expect(overRedis.followRevocations({ command, ...wrong })).rejects.toThrow(expected)
    const url = 'https://eu1.upstash.test'
    await expect(overUpstash.followRevocations({ url, token: 'token', ...wrong })).rejects.toThrow(expected)
  })

  it('syncRevocations knows neither of the two', async () => {
    const given = { command, ...UNSIGNED, onPass: () => {} }
    await expect(overRedis.syncRevocations(given)).rejects.toThrow(/Unknown option "onPass"/)
  })

  it('on Workers it is refused, with what to do instead', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    await expect(overRedis.followRevocations({ command, ...UNSIGNED })).rejects.toThrow(/from a cron trigger/)
  })
})
