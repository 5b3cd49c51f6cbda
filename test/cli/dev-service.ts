// `caracal-edge dev`: what a service needs, and who is refused.

import { request } from 'node:http'
import { Redis } from '@upstash/redis'
import { createMandateVerifier } from 'caracal-edge'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dev, type InstalledCli, post } from './installed.ts'

/** A guard as a service would have it, from the variables of `dev`. */
function verifierFor({ variables }: Dev, zoneId = variables.CARACAL_ZONE_ID, keySet = {}) {
  const { UPSTASH_REDIS_REST_URL: url = '', UPSTASH_REDIS_REST_TOKEN: token = '' } = variables
  return createMandateVerifier({
    issuer: variables.CARACAL_STS_URL ?? '',
    expectedZoneId: zoneId ?? '',
    audience: variables.CARACAL_AUDIENCE ?? '',
    keySet,
    revocations: new UpstashRevocationStore({ url, token }),
  })
}

/** What a guard says about a new mandate. */
async function outcome(dev: Dev, mandate: string, zoneId?: string): Promise<string> {
  const decision = await verifierFor(dev, zoneId).authorizeToken(mandate)
  return decision.outcome === 'deny' ? decision.code : decision.outcome
}

async function mint(dev: Dev, body: object = {}): Promise<string> {
  return (await post(`${dev.url}/dev/mint`, body)).body.mandate
}

const claimsOf = (mandate: string) =>
  JSON.parse(Buffer.from(mandate.split('.')[1] ?? '', 'base64url').toString())

/** With headers that `fetch` would not send. */
function ask({ url }: Dev, path: string, method: string, headers: object) {
  return new Promise<{ status: number | undefined; cors: unknown }>((resolve, reject) => {
    const { port } = new URL(url)
    const asked = request({ port, path, method, headers: { ...headers }, host: '127.0.0.1' }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, cors: response.headers['access-control-allow-origin'] })
    })
    asked.on('error', reject).end()
  })
}

export function testService(cli: InstalledCli) {
  describe.each([
    ['with a redis-server', {}, 'redis-server'],
    ['without one', { withoutRedis: true }, 'memory'],
  ] as const)('%s', (_title, options, kind) => {
    let dev: Dev
    beforeAll(async () => {
      dev = await cli.dev(
        ['--zone', 'zone-a', '--zone', 'zone-b', '--audience', 'resource://billing'],
        options,
      )
    }, 30_000)
    afterAll(async () => {
      expect(await dev.end()).toMatchObject({ code: 0 })
    })

    test('says what it is and what to export', async () => {
      expect(dev).toMatchObject({ zones: ['zone-a', 'zone-b'], audience: 'resource://billing', redis: kind })
      expect(Object.keys(dev.variables)).toEqual([
        ...['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE'],
        ...['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'STREAMS_HMAC_KEY'],
      ])
    })

    test('a guard admits its mandates, zone by zone', async () => {
      expect(await outcome(dev, await mint(dev))).toBe('admit')
      const other = await mint(dev, { zone: 'zone-b' })
      expect(await outcome(dev, other, 'zone-b')).toBe('admit')
      expect(await outcome(dev, other)).toBe('invalid_token')
    })

    test('a revocation is seen at once, and a pass applies it once more', async () => {
      const mandate = await mint(dev)
      const { sid } = claimsOf(mandate)
      expect(await post(`${dev.url}/dev/revoke`, { anchor: sid })).toMatchObject({ status: 200 })
      expect(await outcome(dev, mandate)).toBe('session_revoked')
      const {
        UPSTASH_REDIS_REST_URL: url = '',
        UPSTASH_REDIS_REST_TOKEN: token = '',
        STREAMS_HMAC_KEY: hmacKey = '',
      } = dev.variables
      const report = await syncRevocations({ url, token, hmacKey })
      expect(report).toMatchObject({ applied: 1, deadLettered: 0, caughtUp: true })
    })

    test('an epoch makes older mandates stale, not those that are minted then', async () => {
      const mandate = await mint(dev)
      const { body } = await post(`${dev.url}/dev/epoch`, {})
      expect(await outcome(dev, mandate)).toBe('delegation_stale')
      expect(await outcome(dev, await mint(dev))).toBe('admit')
      expect(await post(`${dev.url}/dev/epoch`, { epoch: body.epoch - 1 })).toMatchObject({
        body: { epoch: body.epoch },
      })
      expect(await outcome(dev, await mint(dev, { zone: 'zone-b' }), 'zone-b')).toBe('admit')
    })

    test('after a rotation both keys are served', async () => {
      const before = await mint(dev)
      expect(await post(`${dev.url}/dev/rotate`, {})).toMatchObject({ status: 200 })
      const after = await mint(dev)
      const jwks = await (await fetch(`${dev.url}/.well-known/jwks.json?zone_id=zone-a`)).json()
      for (const mandate of [before, after]) {
        const decision = await verifierFor(dev, 'zone-a', { jwks }).authorizeToken(mandate)
        expect(decision.outcome).toBe('admit')
      }
      expect(before.split('.')[0]).not.toBe(after.split('.')[0])
    })

    test('mistakes in what it is asked are said', async () => {
      expect(await post(`${dev.url}/dev/mint`, { scope: 'read' })).toMatchObject({
        status: 400,
        body: { error: /scopes/ },
      })
      expect(await post(`${dev.url}/dev/mint`, { hops: 1e9 })).toMatchObject({ status: 400 })
      expect(await ask(dev, '//[', 'GET', {})).toMatchObject({ status: 400 })
      expect(await post(`${dev.url}/dev/mint`, { zone: 'zone-c' })).toMatchObject({ status: 404 })
      expect(await post(`${dev.url}/dev/revoke`, { anchor: '' })).toMatchObject({ status: 400 })
      expect(await post(`${dev.url}/dev/revoke`, { anchor: 'x'.repeat(32_769) })).toMatchObject({
        status: 400,
      })
      const deep = `${'['.repeat(60_000)}${']'.repeat(60_000)}`
      for (const [body, error] of [
        [`{"claims":{"deep":${deep}}}`, 'claims must be less deep'],
        [`{"hops":${deep}}`, expect.stringContaining('hops must be a whole number')],
      ]) {
        const own = { 'Content-Type': 'application/json' }
        const refused = await fetch(`${dev.url}/dev/mint`, { method: 'POST', headers: own, body })
        expect([refused.status, await refused.json()]).toEqual([400, { error }])
      }
      const large = { zone: 'x'.repeat(128 * 1024) }
      expect(await post(`${dev.url}/dev/mint`, large)).toMatchObject({ status: 413 })
      // A store marks no text that has no bytes.
      expect(await post(`${dev.url}/dev/revoke`, { anchor: '\ud800' })).toMatchObject({ status: 400 })
      const absolute = 'http://user:s3cret@other.test/.well-known/jwks.json?zone_id=zone-a'
      expect(await ask(dev, absolute, 'GET', {})).toMatchObject({ status: 200 })
      expect(await post(`${dev.url}/dev/epoch`, { epoch: -1 })).toMatchObject({ status: 400 })
      expect(await post(dev.variables.UPSTASH_REDIS_REST_URL ?? '', ['PING'])).toMatchObject({ status: 401 })
    })

    test('its Redis takes what clients of Upstash send', async () => {
      const { UPSTASH_REDIS_REST_URL: url = '', UPSTASH_REDIS_REST_TOKEN: token = '' } = dev.variables
      const redis = new Redis({ url, token, retry: false, enableTelemetry: false })
      const batch = (all: 'multi' | 'pipeline') =>
        redis[all]().set('one', 'ä ☃', { px: 60_000 }).get('one').mget('one', 'none').del('one').exists('one')
      expect(await batch('pipeline').exec()).toEqual(['OK', 'ä ☃', ['ä ☃', null], 1, 0])
      expect(await batch('multi').exec()).toEqual(['OK', 'ä ☃', ['ä ☃', null], 1, 0])
      // An error of one command leaves those around it.
      const mixed = redis.multi().set('one', 'x').xlen('one').get('one')
      expect(await mixed.exec({ keepErrors: true })).toMatchObject([
        { result: 'OK' },
        { error: expect.stringContaining('WRONGTYPE') },
        { result: 'x' },
      ])
      await expect(redis.pipeline().xlen('one').exec()).rejects.toThrow(/WRONGTYPE/)
      await expect(redis.multi().set('one', 'y').exec()).resolves.toEqual(['OK'])
      expect(await redis.get('one')).toBe('y')
    })

    const asked = (path: string, body: object) =>
      post(`${dev.url}/redis${path}`, body, {
        Authorization: `Bearer ${dev.variables.UPSTASH_REDIS_REST_TOKEN}`,
      })

    test('what its Redis does not serve, it says', async () => {
      const before = await asked('', ['GET', 'two'])
      const discarded = await asked('/multi-exec', [
        ['SET', 'two', '2'],
        ['NO-SUCH', 'x'],
        ['GET', 'two'],
      ])
      expect(discarded).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/^EXECABORT Transaction discarded because of: ERR .+/) },
      })
      expect(await asked('', ['GET', 'two'])).toEqual(before)
      for (const path of ['', '/pipeline', '/multi-exec']) {
        for (const name of ['EXEC', 'discard', 'MULTI', 'WATCH', 'SUBSCRIBE', 'Monitor']) {
          const command = [name, 'x']
          expect(await asked(path, path === '' ? command : [['PING'], command])).toEqual({
            status: 400,
            body: { error: `ERR ${name.toUpperCase()} is not served over HTTP` },
          })
        }
      }
      const many = Array.from({ length: 10_001 }, () => ['PING'])
      for (const path of ['/pipeline', '/multi-exec']) {
        expect(await asked(path, many)).toMatchObject({ status: 413 })
        expect(await asked(path, many.slice(1))).toMatchObject({ status: 200 })
      }
      expect(await asked('/set/two/2?EX=1', [])).toMatchObject({ status: 400 })
      expect(await asked('/get/%ff', [])).toMatchObject({ status: 400 })
      expect(await asked('', { SET: 'x' })).toMatchObject({ status: 400 })
      expect(await asked('/set/two', ['as', 'it', 'is'])).toEqual({ status: 200, body: { result: 'OK' } })
      expect(await asked('', ['GET', 'two'])).toEqual({ status: 200, body: { result: '["as","it","is"]' } })
    })

    const PATHS = [
      '/',
      '/dev',
      '/page.js',
      '/dev/mint',
      '/dev/explain',
      '/redis',
      '/redis/pipeline',
      '/.well-known/jwks.json?zone_id=zone-a',
    ]

    test.each([
      ['a foreign Host', { host: 'evil.test' }],
      ['another port in Host', { host: '127.0.0.1:1' }],
      ['a foreign Origin', { origin: 'https://evil.test' }],
      ['a sandboxed page', { origin: 'null' }],
      ['another loopback port', { origin: 'http://127.0.0.1:3000' }],
      ['what a browser says is another site', { 'sec-fetch-site': 'cross-site' }],
      ['what a browser says is the same site', { 'sec-fetch-site': 'same-site' }],
    ])('%s is refused on every path', async (_title, headers) => {
      for (const path of PATHS) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          expect(await ask(dev, path, method, headers)).toEqual({ status: 403, cors: undefined })
        }
      }
    })

    test('a form of a page cannot mint: that needs JSON', async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const answer = await ask(dev, '/dev/mint', 'POST', { 'content-type': type })
        expect(answer).toEqual({ status: 415, cors: undefined })
      }
      expect(await ask(dev, '/dev/mint', 'GET', {})).toMatchObject({ status: 405 })
      const own = { origin: dev.url, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
      expect(await ask(dev, '/dev/mint', 'POST', own)).toMatchObject({ status: 200 })
    })
  })
}
