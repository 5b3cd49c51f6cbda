// RedisRevocationStore with a function that sends commands: its options, and everything that such a function can do wrong.

import { CaracalConfigError, RevocationUnavailableError } from 'caracal-edge'
import { RedisRevocationStore, syncRevocations } from 'caracal-edge/redis'
import { afterEach, describe, expect, it, vi } from 'vitest'

const QUERY = { anchors: ['session-1'], zoneId: undefined }
const SECRET = 'session-1 is revoked, says redis://user:password@host'

afterEach(() => {
  vi.unstubAllGlobals()
})

function storeOver(command: (command: readonly string[]) => unknown, options = {}) {
  return new RedisRevocationStore({ command: command as () => Promise<unknown>, timeoutMs: 200, ...options })
}

const fail = (error: unknown) => () => {
  throw error
}

describe('an outage', () => {
  it.each<{ what: string; command: () => unknown; fault: string }>([
    { what: 'throws', command: fail(new Error(SECRET)), fault: 'network' },
    { what: 'throws what is not an error', command: fail(undefined), fault: 'network' },
    { what: 'rejects', command: () => Promise.reject(new Error(SECRET)), fault: 'network' },
    {
      what: 'rejects with an error of Redis',
      command: fail(new Error('LOADING Redis is loading')),
      fault: 'status',
    },
    { what: 'never answers', command: () => new Promise(() => {}), fault: 'timeout' },
    { what: 'answers too late', command: () => late([null], 400), fault: 'timeout' },
    {
      what: 'fails too late',
      command: () => late(null, 400).then(fail(new Error(SECRET))),
      fault: 'timeout',
    },
    { what: 'answers with nothing', command: () => undefined, fault: 'malformed' },
    { what: 'answers with null', command: () => null, fault: 'malformed' },
    { what: 'answers with no values', command: () => [], fault: 'malformed' },
    { what: 'answers with a value too many', command: () => [null, null], fault: 'malformed' },
    { what: 'answers with bytes', command: () => [new Uint8Array(1)], fault: 'malformed' },
    { what: 'answers with a number', command: () => [1], fault: 'malformed' },
    { what: 'answers with undefined values', command: () => [undefined], fault: 'malformed' },
    { what: 'answers with an error in a list', command: () => [new Error('ERR')], fault: 'malformed' },
    { what: 'answers with text', command: () => '1', fault: 'malformed' },
  ])('is what a function that $what is', async ({ command, fault }) => {
    const store = storeOver(command)
    for (const work of [() => store.lookup(QUERY), () => store.markRevoked('session-1')]) {
      const error: unknown = await work().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(RevocationUnavailableError)
      expect(error).toMatchObject({ fault, host: 'Redis' })
      expect(String(error)).not.toMatch(/session-1|password/)
    }
  })

  it('says what Redis said, by its code alone', async () => {
    const store = storeOver(fail(new Error('WRONGTYPE session-1 holds the wrong kind')))
    await expect(store.lookup(QUERY)).rejects.toThrow('Redis says WRONGTYPE)')
  })
})

function late(value: unknown, ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms, value))
}

describe('options', () => {
  const command = async () => [null]

  it.each<{ wrong: object; named: string }>([
    { wrong: { command: 'redis://localhost' }, named: 'command' },
    { wrong: { command: undefined }, named: 'command' },
    { wrong: { command: {} }, named: 'command' },
    { wrong: { url: 'https://eu1.upstash.io' }, named: 'url' },
    { wrong: { keyPrefix: '' }, named: 'keyPrefix' },
    { wrong: { defaultTtlMs: 900 }, named: 'defaultTtlMs' },
    { wrong: { timeoutMs: 0 }, named: 'timeoutMs' },
    { wrong: { maxSyncAgeMs: 180 }, named: 'maxSyncAgeMs must be .*: is it in seconds' },
  ])('$wrong is refused by name', async ({ wrong, named }) => {
    const build = () => new RedisRevocationStore({ command, ...wrong })
    expect(build).toThrow(CaracalConfigError)
    expect(build).toThrow(new RegExp(`- (Unknown option ")?${named}\\b`))
    if ('maxSyncAgeMs' in wrong) return
    await expect(syncRevocations({ command, unsignedStreams: 'accept', ...wrong })).rejects.toThrow(
      new RegExp(`- (Unknown option ")?${named}\\b`),
    )
  })

  it('need a command', async () => {
    expect(() => new RedisRevocationStore({} as { command: typeof command })).toThrow(/command is missing/)
    await expect(
      syncRevocations({ unsignedStreams: 'accept' } as unknown as { command: typeof command }),
    ).rejects.toThrow(/command is missing/)
  })

  it('are refused on Workers, with the reason and the way out', () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    expect(() => new RedisRevocationStore({ command })).toThrow(
      /does not work on Workers: .* Use UpstashRevocationStore/,
    )
  })

  it('have a prefix and a heartbeat, as in the other store', async () => {
    const asked: (readonly string[])[] = []
    const store = storeOver(
      async (words) => {
        asked.push(words)
        return [null, null]
      },
      { keyPrefix: '{mine}:', maxSyncAgeMs: 60_000 },
    )
    await expect(store.lookup(QUERY)).rejects.toMatchObject({ fault: 'stale' })
    expect(asked).toEqual([['MGET', '{mine}:session-1', '{mine}:sync-heartbeat']])
  })
})
