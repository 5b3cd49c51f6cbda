// What a pass can be told, and where it finds what it is not told.

import { CaracalConfigError } from 'caracal-edge'
import { type SyncRevocationsOptions, syncRevocations } from 'caracal-edge/upstash'
import { describe, expect, it, vi } from 'vitest'
import { hang } from './endpoint-faults.ts'
import { add, caughtUp, HMAC_KEY, NEW_KEY, publish, REVOCATIONS, revocationOf } from './streams.ts'
import { describeRedis } from './support.ts'

describe('the options of a pass', () => {
  const sound = { url: 'http://127.0.0.1:1', token: 'token', hmacKey: HMAC_KEY, env: {} }

  it.each<{ wrong: object; named: string }>([
    { wrong: { hmacKey: HMAC_KEY.slice(2) }, named: 'hmacKey must be 32 bytes' },
    { wrong: { hmacKey: `${HMAC_KEY}0` }, named: 'hmacKey must be 32 bytes' },
    { wrong: { hmacKey: 'x'.repeat(64) }, named: 'hmacKey must be 32 bytes' },
    { wrong: { hmacKey: 7 }, named: 'hmacKey must be a string, or a list of two, not a number' },
    { wrong: { hmacKey: [] }, named: 'hmacKey must name one key, or two' },
    { wrong: { hmacKey: [HMAC_KEY, NEW_KEY, HMAC_KEY] }, named: 'hmacKey must name one key, or two' },
    { wrong: { hmacKey: [HMAC_KEY, 'ab'] }, named: 'hmacKey[1] must be 32 bytes' },
    { wrong: { hmacKey: [HMAC_KEY, undefined] }, named: 'hmacKey[1] must be a string' },
    { wrong: { hmacKey: ['ab'] }, named: 'hmacKey must be 32 bytes' },
    { wrong: { hmacKey: `${HMAC_KEY},` }, named: 'hmacKey[1] must not be empty' },
    {
      wrong: { hmacKey: `${NEW_KEY},${NEW_KEY.toUpperCase()}` },
      named: 'hmacKey names the same key twice',
    },
    { wrong: { hmacKey: undefined }, named: 'hmacKey is undefined' },
    { wrong: { unsignedStreams: true }, named: 'unsignedStreams must be' },
    { wrong: { unsignedStreams: 'accept' }, named: 'hmacKey has no effect' },
    { wrong: { groups: 'mine' }, named: 'groups must be an object' },
    { wrong: { groups: { revocation: 'mine' } }, named: 'Unknown option "revocation" in groups' },
    { wrong: { groups: { revocations: '' } }, named: 'groups.revocations must not be empty' },
    { wrong: { keyPrefix: 'mine:' }, named: 'keyPrefix needs the option groups' },
    {
      wrong: { keyPrefix: 'mine:', groups: { revocations: 'mine' } },
      named: 'keyPrefix needs the option groups',
    },
    {
      wrong: { keyPrefix: 'mine:', groups: { delegations: 'mine' } },
      named: 'keyPrefix needs the option groups',
    },
    { wrong: { consumer: ' ' }, named: 'consumer must not be empty' },
    { wrong: { lossHoldMs: 900 }, named: 'lossHoldMs must be a whole number of milliseconds, 5000 or more' },
    { wrong: { giveUp: 'trimmed' }, named: 'giveUp must be a list' },
    { wrong: { giveUp: ['everything'] }, named: 'giveUp[0] must be one of' },
    { wrong: { maxMessages: 0 }, named: 'maxMessages must be' },
    { wrong: { maxDurationMs: 0 }, named: 'maxDurationMs must be' },
    { wrong: { defaultTtlMs: 1.5 }, named: 'defaultTtlMs must be' },
    { wrong: { key: HMAC_KEY }, named: 'Unknown option "key"' },
    { wrong: { url: undefined }, named: 'url is undefined' },
  ])('$wrong are refused by name', async ({ wrong, named }) => {
    const pass = syncRevocations({ ...sound, ...wrong })
    await expect(pass).rejects.toThrow(CaracalConfigError)
    await expect(pass).rejects.toThrow(`- ${named}`)
  })

  it('are missing by name', async () => {
    const missing = (options: SyncRevocationsOptions) =>
      expect(syncRevocations({ env: {}, ...options })).rejects
    const { url, token, hmacKey } = sound
    await missing({ url, hmacKey }).toThrow('- token is missing')
    await missing({ token, hmacKey }).toThrow('- url is missing')
    await missing({ url, token }).toThrow('- STREAMS_HMAC_KEY is not set')
    await missing({}).toThrow(
      /REST_URL is not set.*\n.*REST_TOKEN is not set.*\n.*STREAMS_HMAC_KEY is not set/,
    )
    await missing({ url, token, env: { STREAMS_HMAC_KEY: 'ab' } }).toThrow(
      '- STREAMS_HMAC_KEY must be 32 bytes',
    )
    await missing({ url, token, env: { STREAMS_HMAC_KEY: `${HMAC_KEY},ab` } }).toThrow(
      '- STREAMS_HMAC_KEY[1] must be 32 bytes',
    )
  })
})

describeRedis('the time that a command may take', (redis) => {
  const hmacKey = HMAC_KEY

  it('is what the options say', async () => {
    redis.intervention = hang
    const report = await syncRevocations({ ...redis.database, hmacKey, timeoutMs: 50 })
    expect(report).toEqual({ ...caughtUp(), caughtUp: false, fault: 'timeout' })
  })

  it('is five seconds otherwise', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await syncRevocations({ ...redis.database, hmacKey })
    const delays = timers.mock.calls.map(([, delay]) => delay)
    timers.mockRestore()
    expect(delays).toContain(5_000)
  })
})

describeRedis('the environment', (redis) => {
  it('has whatever the options leave out', async () => {
    const { url, token } = redis.database
    const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, STREAMS_HMAC_KEY: HMAC_KEY }
    const giveUp = ['restarted', 'unverified'] as const
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    expect(await syncRevocations({ env, giveUp })).toEqual(caughtUp({ applied: 1 }))
    await add(redis, REVOCATIONS, [{ sid: 'record-2' }])
    expect(await syncRevocations({ env, giveUp })).toEqual(caughtUp({ deadLettered: 1 }))
    expect(await syncRevocations({ ...redis.database, env })).toEqual(caughtUp())
  })
})
