// What `doctor` makes of an issuer and a Redis that are not as they should be.

import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { databaseInEnvironment } from '../../cli/database.ts'
import { doctor } from '../../cli/doctor/doctor.ts'
import type { Finding } from '../../cli/doctor/finding.ts'
import { checkIssuer } from '../../cli/doctor/issuer.ts'
import { checkStore } from '../../cli/doctor/store.ts'
import { checkStreams } from '../../cli/doctor/streams.ts'
import { keysOf } from '../../cli/doctor/zone-keys.ts'
import { commandTo } from '../../cli/redis-url.ts'
import { hasRedisServer, startRedis } from '../../lab/redis-server.mjs'

afterEach(() => {
  vi.unstubAllEnvs()
})

/** A server for as long as `use` takes. */
async function withHttp<T>(listener: RequestListener, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await use(`http://127.0.0.1:${address instanceof Object ? address.port : 0}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const about = (findings: readonly Finding[], check: Finding['check']) =>
  findings.filter((one) => one.check === check)

describe('the clock', () => {
  const clockOf = (headers: (request: IncomingMessage) => Record<string, string>) =>
    withHttp(
      (request, response) => {
        for (const [name, value] of Object.entries(headers(request))) response.setHeader(name, value)
        response.end('{"keys":[]}')
      },
      async (url) => {
        vi.stubEnv('CARACAL_STS_URL', url)
        vi.stubEnv('CARACAL_ZONE_ID', 'z')
        return about(await checkIssuer(), 'clock')
      },
    )
  const dateOf = (off: number) => new Date(Date.now() + off).toUTCString()
  const kept = dateOf(-200_000)

  test.each([
    [
      'the issuer, asked without caches',
      (r: IncomingMessage) => ({ Date: r.headers['cache-control'] === 'no-cache' ? dateOf(0) : kept }),
      'good',
      /as that of the issuer/,
    ],
    ['a clock that is ahead', () => ({ Date: dateOf(-90_000) }), 'bad', /90 s ahead of/],
    ['a clock that is behind', () => ({ Date: dateOf(90_000) }), 'bad', /90 s behind/],
    [
      'a cache that answers all the same',
      () => ({ Date: dateOf(-200_000), Age: '200' }),
      'note',
      /cannot be known: a cache/,
    ],
    [
      'a cache that writes its own Date',
      () => ({ Date: dateOf(0), Age: '200' }),
      'note',
      /cannot be known: a cache/,
    ],
    [
      'a clock that is wrong whatever the cache means',
      () => ({ Date: dateOf(-900_000), Age: '200' }),
      'bad',
      /at least 1[12] min ahead of/,
    ],
    [
      'a cache that does not say its age',
      () => ({ Date: kept }),
      'note',
      /cannot be known: what answers has kept/,
    ],
    ['an age that is none', () => ({ Date: dateOf(0), Age: '-200' }), 'good', /as that of the issuer/],
    ['no time', () => ({ Date: 'soon' }), 'note', /does not say its time/],
  ])('%s', async (_title, headers, state, text) => {
    expect(await clockOf(headers)).toEqual([
      expect.objectContaining({ state, text: expect.stringMatching(text) }),
    ])
  })
})

test('a check that breaks takes nothing with it that was found', async () => {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  const answer: RequestListener = (_request, response) => void response.end('{"keys":[]}')
  await withHttp(answer, async (url) => {
    vi.stubEnv('CARACAL_STS_URL', url)
    vi.stubEnv('CARACAL_ZONE_ID', 'z')
    vi.stubEnv('CARACAL_AUDIENCE', '')
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1')
    vi.spyOn(Headers.prototype, 'get').mockImplementation(() => {
      throw new RangeError('s3cret')
    })
    await expect(doctor({ json: true })).rejects.toThrow('3 things are wrong')
  })
  vi.restoreAllMocks()
  const [line = ''] = written
  expect(line).not.toContain('s3cret')
  const found: readonly Finding[] = JSON.parse(line).findings
  expect(about(found, 'environment')).toMatchObject([{ state: 'bad' }])
  expect(about(found, 'issuer')).toMatchObject([
    { state: 'bad', text: expect.stringContaining('RangeError') },
  ])
  expect(about(found, 'redis')).toMatchObject([
    { state: 'bad', text: expect.stringContaining('127.0.0.1:1') },
  ])
})

test('a variable writes no lines of its own', async () => {
  const written: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0)
  await withHttp(
    (_request, response) => void response.writeHead(404).end(),
    async (url) => {
      vi.stubEnv('CARACAL_STS_URL', url)
      vi.stubEnv('CARACAL_ZONE_ID', 'z\n\u001b[32m✓ store\u001b[39m: good')
      await expect(doctor({})).rejects.toThrow('wrong')
    },
  )
  vi.restoreAllMocks()
  expect(written.join('')).toContain('does not know z')
  expect(written.join('')).not.toMatch(/^.{0,9}store/m)
})

describe('the keys of a zone', () => {
  const jwkOf = async () => {
    const { publicKey, privateKey } = await crypto.subtle.generateKey(
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['sign', 'verify'],
    )
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    const secret = await crypto.subtle.exportKey('jwk', privateKey)
    return { key: { ...jwk, kid: crypto.randomUUID(), alg: 'ES256', use: 'sig' }, secret }
  }

  test('one and two are good', async () => {
    const [{ key }, { key: other }] = [await jwkOf(), await jwkOf()]
    expect(await keysOf('z', [key])).toMatchObject({ state: 'good', text: 'z has one key' })
    expect(await keysOf('z', [key, other])).toMatchObject({ state: 'good', text: 'z has 2 keys' })
  })

  test.each([
    ['another curve', { crv: 'P-384' }],
    ['another kind', { kty: 'RSA' }],
    ['another algorithm', { alg: 'ES384' }],
    ['another use', { use: 'enc' }],
    ['no id', { kid: undefined }],
    ['an empty id', { kid: '' }],
    ['no point of the curve', { x: 'AAAA' }],
  ])('%s is no key that counts', async (_title, departure) => {
    const { key } = await jwkOf()
    expect(await keysOf('z', [{ ...key, ...departure }])).toMatchObject({
      state: 'bad',
      text: 'z has no key that a guard can use',
    })
    const both = await keysOf('z', [(await jwkOf()).key, { ...key, ...departure }])
    expect(both).toMatchObject({ state: 'note', text: 'z has one key, and 1 that no guard uses' })
  })

  test('none, too many, something else and a private one are wrong', async () => {
    const { key, secret } = await jwkOf()
    expect(await keysOf('z', [])).toMatchObject({ state: 'bad', text: 'z has no key' })
    expect(await keysOf('z', new Array(101).fill(key))).toMatchObject({ state: 'bad', text: /101/ })
    expect(await keysOf('z', [key, 'key'])).toMatchObject({ state: 'bad' })
    expect(await keysOf('z', [{ ...secret, kid: 'k' }])).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('private key'),
    })
  })
})

describe.skipIf(!hasRedisServer())('a Redis', () => {
  const STREAM = 'caracal.sessions.revoke'
  const OTHER = 'caracal.delegations.invalidate'
  let redis: Awaited<ReturnType<typeof startRedis>>
  const send = (...words: [string, ...string[]]) => commandTo({ host: '127.0.0.1', port: redis.port })(words)
  /** What is found by a user with these rights. */
  async function findings(...rights: readonly string[]) {
    await send('ACL', 'SETUSER', 'examiner', 'reset', 'on', '>pw', '~*', '+@all', ...rights)
    vi.stubEnv('REDIS_URL', `redis://examiner:pw@127.0.0.1:${redis.port}`)
    const database = databaseInEnvironment()
    const { found, answers } = await checkStore(database, { write: true })
    return { found: [...found, ...(answers ? await checkStreams(database, {}) : [])], answers }
  }
  beforeAll(async () => {
    redis = await startRedis()
    for (const stream of [STREAM, OTHER]) {
      const group = stream === STREAM ? 'resource-revocation' : 'resource-delegation-invalidation'
      await send('XADD', stream, '*', 'a', 'b')
      await send('XADD', `${stream}.dead`, '*', 'a', 'b')
      await send('XGROUP', 'CREATE', stream, group, '0')
    }
    await send('SET', `caracal:revoked:sessions:sync-trimmed:${OTHER}:resource-delegation-invalidation`, '1')
  })
  afterAll(() => redis.stop())

  const STAYS = [
    'no pass has been complete yet',
    `${OTHER}: a loss is held (trimmed), so that no pass is caught up`,
    `${OTHER}: 1 unread, 0 pending`,
    `${OTHER}: 1`,
  ]

  test.each([
    ['-xinfo', /how the groups of .* are: Redis says NOPERM$/, 'note'],
    ['-get', /when the last complete pass was: Redis says NOPERM$/, 'note'],
    ['-xrange', /how many messages of .* are unread: Redis says NOPERM$/, 'note'],
    ['-xlen', /how many there are of .*: Redis says NOPERM$/, 'note'],
    ['-exists', /whether .* is there: Redis says NOPERM$/, 'note'],
    ['-set', /cannot be written: Redis says NOPERM$/, 'bad'],
    ['-del', /cannot be written: Redis says NOPERM$/, 'bad'],
    ['-config', /maxmemory-policy \(Redis says NOPERM\)$/, 'note'],
  ])('%s is a line of its own, and the others stay', async (right, text, state) => {
    const { found } = await findings(right)
    expect(found).toContainEqual(
      expect.objectContaining({
        state,
        text: expect.stringMatching(text),
        advice: expect.stringMatching(/\.$/),
      }),
    )
    const texts = found.map((one) => one.text)
    // What the right itself is for is not there.
    const left = {
      '-xinfo': [0, 1, 3],
      '-get': [1, 2, 3],
      '-xrange': [0, 1, 3],
      '-xlen': [0, 1, 2],
      '-exists': [0, 2, 3],
    }
    const kept = Object.entries(left).find(([name]) => name === right)?.[1] ?? [0, 1, 2, 3]
    for (const at of kept) expect(texts).toContain(STAYS[at])
    expect(texts.join('\n')).not.toMatch(/has no group|pw/)
  })

  test('a stream that is none is no missing group', async () => {
    await send('SELECT', '0')
    await send('RENAME', STREAM, 'aside')
    await send('SET', STREAM, 'text')
    const { found } = await findings()
    await send('RENAME', 'aside', STREAM)
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'stream',
        state: 'bad',
        text: expect.stringMatching(/how the groups of caracal\.sessions\.revoke are: Redis says WRONGTYPE$/),
      }),
    )
    for (const text of STAYS) expect(found.map((one) => one.text)).toContain(text)
  })

  test('a group that is missing and a stream that is missing are told apart', async () => {
    await send('RENAME', STREAM, 'aside')
    const gone = about((await findings()).found, 'stream')
    await send('RENAME', 'aside', STREAM)
    await send('XGROUP', 'DESTROY', STREAM, 'resource-revocation')
    const without = about((await findings()).found, 'stream')
    await send('XGROUP', 'CREATE', STREAM, 'resource-revocation', '0')
    expect(gone).toContainEqual(expect.objectContaining({ text: `there is no ${STREAM} yet` }))
    expect(without).toContainEqual(
      expect.objectContaining({ text: `${STREAM} has no group resource-revocation` }),
    )
  })

  test('an epoch of the zone that cannot be read is found, and the streams are asked all the same', async () => {
    vi.stubEnv('CARACAL_ZONE_ID', 'z')
    await send('SET', 'caracal:revoked:sessions:delegation-epoch:z', 'many')
    const { found } = await findings()
    await send('DEL', 'caracal:revoked:sessions:delegation-epoch:z')
    expect(about(found, 'redis')[0]).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('malformed'),
    })
    for (const text of STAYS) expect(found.map((one) => one.text)).toContain(text)
  })

  test('a Redis that is not there is one line', async () => {
    vi.stubEnv('REDIS_URL', 'redis://127.0.0.1:1')
    const { found, answers } = await checkStore(databaseInEnvironment(), { write: true })
    expect([found.length, answers]).toEqual([1, false])
  })
})
