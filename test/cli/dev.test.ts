// `caracal-edge dev`, installed from the package: what a service needs, and who is refused.

import { readFile, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createMandateVerifier } from 'caracal-edge'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Dev, installedCli, outcomeOf, post } from './installed.ts'

const cli = installedCli()

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

describe.each([
  ['with a redis-server', {}, 'redis-server'],
  ['without one', { withoutRedis: true }, 'memory'],
] as const)('%s', (_title, options, kind) => {
  let dev: Dev
  beforeAll(async () => {
    dev = await cli.dev(['--zone', 'zone-a', '--zone', 'zone-b', '--audience', 'resource://billing'], options)
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
    expect(await post(`${dev.url}/dev/mint`, { zone: 'zone-c' })).toMatchObject({ status: 404 })
    expect(await post(`${dev.url}/dev/revoke`, { anchor: '' })).toMatchObject({ status: 400 })
    expect(await post(`${dev.url}/dev/epoch`, { epoch: -1 })).toMatchObject({ status: 400 })
    expect(await post(dev.variables.UPSTASH_REDIS_REST_URL ?? '', ['PING'])).toMatchObject({ status: 401 })
  })

  const PATHS = [
    '/',
    '/dev',
    '/dev/mint',
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

test('what it prints is for a shell, and Ctrl-C ends it', async () => {
  const child = cli.start(['dev', '--port', '0'])
  const ended = outcomeOf(child)
  await new Promise((resolve) => child.stderr.once('data', resolve))
  child.kill('SIGINT')
  const { code, stdout } = await ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/^(# .*\n|export [A-Z_]+='[^']*'\n)+$/)
  expect(stdout.match(/^export/gm)).toHaveLength(6)
})

test('a port that is taken is said', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const address = other.address()
  const port = address instanceof Object ? String(address.port) : ''
  const { code, stdout, stderr } = await cli.run(['dev', '--port', port])
  other.close()
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toContain(`port ${port} is taken`)
  expect(stderr).not.toMatch(/\n\s+at /)
})

test('a file is written beside what is in it, and nothing is replaced unasked', async () => {
  const file = join(cli.project(), '.env')
  await writeFile(file, 'MINE=1', { mode: 0o600 })
  const first = await cli.dev(['--write'])
  const port = new URL(first.url).port
  await first.end()
  const written = await readFile(file, 'utf8')
  expect(written).toMatch(/^MINE=1\nCARACAL_STS_URL=http/)
  expect((await stat(file)).mode & 0o077).toBe(0)

  // The same address again: the secrets in the file stay right.
  const second = cli.start(['dev', '--write', '--port', port])
  const ended = outcomeOf(second)
  await new Promise((resolve) => second.stderr.once('data', resolve))
  second.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0 })
  expect(await readFile(file, 'utf8')).toBe(written)

  const refused = await cli.run(['dev', '--write', '--port', '0'])
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/\.env has other values for CARACAL_STS_URL.*--force/)
  for (const value of written.match(/[0-9a-f]{40,}/g) ?? []) expect(refused.stderr).not.toContain(value)
  expect(await readFile(file, 'utf8')).toBe(written)

  const forced = await cli.dev(['--write', '--force'])
  await forced.end()
  const replaced = await readFile(file, 'utf8')
  expect(replaced).toMatch(/^MINE=1\n/)
  expect(replaced.match(/CARACAL_STS_URL/g)).toHaveLength(1)
  expect(replaced).toContain(`CARACAL_STS_URL=${forced.url}\n`)
})

test('a Redis that is named is used, and a password is no argument', async () => {
  const secret = await cli.run(['dev', '--redis', 'redis://user:s3cret@localhost:6379'])
  expect([secret.code, secret.stderr.includes('s3cret')]).toEqual([2, false])
  expect(await cli.run(['dev', '--redis'])).toMatchObject({ code: 2 })
  const refused = await cli.run(['dev', '--port', '0', '--redis'], {
    variables: { REDIS_URL: 'redis://u:s3cret@127.0.0.1:1' },
  })
  expect([refused.code, refused.stderr.includes('s3cret')]).toEqual([1, false])
  expect(refused.stderr).toContain('127.0.0.1:1 does not answer')
})
