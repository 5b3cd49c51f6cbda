// The other commands beside a running `dev`, installed from the package: as a user types them, and as a program does.

import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandTo } from '../../cli/redis-url.ts'
import { hasRedisServer, startRedis } from '../../lab/redis-server.mjs'
import { type Dev, installedCli, outcomeOf, type RunOptions } from './installed.ts'

const cli = installedCli()
let dev: Dev
beforeAll(async () => {
  dev = await cli.dev(['--zone', 'zone-a', '--zone', 'zone-b'])
}, 30_000)
afterAll(async () => {
  await dev.end()
})

/** With the variables that `dev` printed. */
const run = (args: readonly string[], options: RunOptions = {}) =>
  cli.run(args, { ...options, variables: { ...dev.variables, ...options.variables } })

const claimsOf = (mandate: string) =>
  JSON.parse(Buffer.from(mandate.split('.')[1] ?? '', 'base64url').toString())

/** One document for each line. */
const linesIn = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('mint', () => {
  test('prints the mandate alone, and a guard admits it', async () => {
    const { code, stdout, stderr } = await run(['mint', '--scope', 'a', '--scope', 'b c', '--hops', '2'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(claimsOf(stdout)).toMatchObject({
      scope: 'a b c',
      hop_count: 2,
      zone_id: 'zone-a',
      aud: ['resource://api'],
    })
    const verifier = createMandateVerifier({
      issuer: dev.url,
      expectedZoneId: 'zone-a',
      audience: 'resource://api',
      requiredScopes: ['a', 'c'],
      revocations: new InMemoryRevocationStore(),
    })
    expect(await verifier.authorizeToken(stdout.trim())).toMatchObject({ outcome: 'admit' })
  })

  test('each option is in the claims', async () => {
    const { stdout } = await run([
      ...['mint', '--json', '--zone', 'zone-b', '--audience', 'resource://x', '--audience', 'resource://y'],
      ...[
        '--no-agent',
        '--lifetime',
        '60',
        '--use',
        'session',
        '--claim',
        'sub=user=2',
        '--claim',
        'n={"m":1}',
      ],
    ])
    const { mandate, zone } = JSON.parse(stdout)
    const claims = claimsOf(mandate)
    expect(zone).toBe('zone-b')
    expect(claims).toMatchObject({ zone_id: 'zone-b', aud: ['resource://x', 'resource://y'], use: 'session' })
    expect(claims).toMatchObject({ sub: 'user=2', n: { m: 1 } })
    expect(claims).not.toHaveProperty('agent_session_id')
    expect(claims.exp - claims.iat).toBe(60)
  })
})

describe('revoke, epoch and rotate', () => {
  test('at dev, they are announced too, so that sync has something to do', async () => {
    const { stdout: mandate } = await run(['mint'])
    expect(await run(['revoke', '-'], { input: mandate })).toMatchObject({ code: 0, stderr: '' })
    const revoked = await run(['revoke', '--json', 'agent-1', 'edge-1'])
    expect(JSON.parse(revoked.stdout)).toEqual({ revoked: ['agent-1', 'edge-1'], at: 'dev' })
    const epoch = await run(['epoch', '--json'])
    expect(JSON.parse(epoch.stdout)).toMatchObject({ epoch: 2, zone: 'zone-a' })
    expect(await run(['rotate', '--zone', 'zone-b'])).toMatchObject({
      code: 0,
      stdout: 'zone-b signs with a new key\n',
    })

    const synced = await run(['sync', '--json'])
    expect(synced.code).toBe(0)
    expect(JSON.parse(synced.stdout)).toMatchObject({
      applied: 4,
      deadLettered: 0,
      caughtUp: true,
      fault: null,
    })
    expect(await run(['sync'])).toMatchObject({
      code: 0,
      stdout: 'caught up: 0 applied, 0 dead-lettered, 0 pending\n',
    })
  })

  test('a mandate is no argument', async () => {
    const { stdout: mandate } = await run(['mint'])
    const { code, stderr } = await run(['revoke', mandate.trim()])
    expect([code, stderr.includes(mandate.slice(0, 20))]).toEqual([2, false])
    expect(stderr).toMatch(/on standard input with -/)
  })
})

describe('wrong usage ends with 2, and says what was meant', () => {
  test.each([
    [[], /Usage: caracal-edge/],
    [['mnt'], /unknown command 'mnt'.*Did you mean mint/s],
    [['mint', '--scopes', 'a'], /unknown option '--scopes'.*Did you mean --scope/s],
    [['mint', '--hops', 'two'], /whole number from 0 to 100/],
    [['mint', '--lifetime', '-1'], /--lifetime/],
    [['mint', '--use', 'sesion'], /resource, session, gateway/],
    [['mint', '--claim', 'sub'], /name=value/],
    [['mint', '--hops', '1', '--no-agent'], /cannot go together/],
    [['mint', '--zone', 'zone-c'], /no such zone; it has zone-a, zone-b/],
    [['mint', 'read'], /too many arguments/],
    [['mint', '--vars', 'nowhere.env'], /nowhere\.env cannot be read/],
    [['revoke'], /missing required argument 'anchor'/],
    [['revoke', ''], /no id/],
    [['epoch', 'next'], /whole number/],
    [['sync', '--give-up', 'all'], /trimmed, unverified, restarted/],
    [['sync', '--follow', '--give-up', 'restarted'], /for a single pass/],
    [['sync', '--key-prefix', 'mine:'], /keyPrefix needs the option groups/],
    [['sync', '--unsigned-streams', 'yes'], /accept/],
    [['sync', '--loss-hold-ms', '900'], /5000 or more/],
    [['dev', '--port', '70000'], /from 0 to 65535/],
    [['dev', '--force'], /--write/],
    [['dev', '--audience', ''], /audience/],
    [['dev', '--zone', ''], /zone/],
  ])('%j', async (args, said) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(said)
    expect(stderr).not.toMatch(/\n\s+at |Error:/)
  })

  test.each([
    ['mint', {}, /CARACAL_STS_URL is not set: start caracal-edge dev/],
    ['mint', { CARACAL_STS_URL: 'sts' }, /must be an http: or https: URL/],
    ['sync', {}, /no Redis is named/],
    ['sync', { REDIS_URL: 'http://u:s3cret@host' }, /redis:\/\/host:port/],
    ['sync', { REDIS_URL: 'redis://localhost' }, /STREAMS_HMAC_KEY is not set/],
    [
      'sync',
      { REDIS_URL: 'redis://localhost', STREAMS_HMAC_KEY: 's3cret' },
      /32 bytes or more in hexadecimal/,
    ],
    ['sync', { UPSTASH_REDIS_REST_URL: 'http://host.test', UPSTASH_REDIS_REST_TOKEN: 's3cret' }, /https/],
    ['epoch', { CARACAL_ZONE_ID: 'z', REDIS_URL: 'redis://localhost' }, /name the new epoch/],
  ])('%s with %j', async (command, variables, said) => {
    const { code, stdout, stderr } = await cli.run([command], { variables })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(said)
    expect(stderr).not.toMatch(/s3cret|\n\s+at /)
  })
})

test.each(['dev', 'mint', 'revoke', 'epoch', 'rotate', 'sync', 'doctor'])('%s --help', async (command) => {
  const { code, stdout, stderr } = await cli.run([command, '--help'])
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/^Usage: caracal-edge/)
  for (const option of ['--json', '--vars <file>']) expect(stdout).toContain(option)
  // Wide enough for any terminal.
  for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120)
})

test('an outage ends with 1', async () => {
  for (const args of [['mint'], ['revoke', 'a'], ['doctor']]) {
    const { code, stderr } = await run(args, { variables: { CARACAL_STS_URL: 'http://127.0.0.1:1' } })
    // Only dev's own database is asked through dev.
    expect(code, args[0]).toBe(args[0] === 'revoke' ? 0 : 1)
    expect(stderr).not.toMatch(/\n\s+at /)
  }
})

test('--vars names a file, and the environment comes first', async () => {
  const file = join(cli.project(), 'some.env')
  await writeFile(file, `CARACAL_STS_URL=${dev.url}\nCARACAL_ZONE_ID=zone-b\n`)
  const fromFile = await cli.run(['mint', '--vars', 'some.env'])
  expect(claimsOf(fromFile.stdout)).toMatchObject({ zone_id: 'zone-b' })
  const fromBoth = await cli.run(['mint', '--vars', 'some.env'], { variables: { CARACAL_ZONE_ID: 'zone-a' } })
  expect(claimsOf(fromBoth.stdout)).toMatchObject({ zone_id: 'zone-a' })
})

describe('doctor', () => {
  const doctor = async (options: RunOptions = {}, args: readonly string[] = []) => {
    const { code, stdout } = await run(['doctor', '--json', ...args], options)
    const { ok, findings } = JSON.parse(stdout)
    expect(code).toBe(ok ? 0 : 1)
    return findings
  }
  const about = (findings: readonly { check: string; state: string }[], check: string) =>
    findings.filter((one) => one.check === check)

  test('finds nothing wrong with dev', async () => {
    const findings = await doctor({}, ['--write'])
    expect(findings.filter(({ state }: { state: string }) => state === 'bad')).toEqual([])
    expect(about(findings, 'issuer')[0]).toMatchObject({ text: expect.stringContaining('caracal-edge dev') })
    expect(about(findings, 'redis').map(({ state }) => state)).toEqual(['good', 'good'])
    for (const check of ['environment', 'zone', 'clock', 'eviction', 'heartbeat', 'stream']) {
      expect(about(findings, check)[0], check).toMatchObject({ state: 'good' })
    }
  })

  test.each([
    ['a zone that is not known', { CARACAL_ZONE_ID: 'zone-x' }, 'zone', /does not know zone-x/],
    ['an issuer that is not there', { CARACAL_STS_URL: 'http://127.0.0.1:1' }, 'issuer', /nothing answers/],
    ['a variable that is missing', { CARACAL_AUDIENCE: '' }, 'environment', /CARACAL_AUDIENCE/],
    ['a wrong token', { UPSTASH_REDIS_REST_TOKEN: 'wrong' }, 'redis', /does not answer a look-up \(status\)/],
    ['a wrong stream key', { STREAMS_HMAC_KEY: 'abc' }, 'stream', /32 bytes/],
  ])('%s', async (_title, variables, check, text) => {
    const [finding] = about(await doctor({ variables }), check).filter(({ state }) => state === 'bad')
    expect(finding).toMatchObject({ text: expect.stringMatching(text), advice: expect.stringMatching(/\.$/) })
  })

  test.each([
    [-20_000, 'note', /20 s/],
    [600_000, 'bad', /10 min/],
    [0, 'good', /as that of the issuer/],
  ])('a clock that is off by %i ms', async (off, state, text) => {
    const issuer = createServer((_request, response) => {
      response.setHeader('Date', new Date(Date.now() + off).toUTCString()).end('{"keys":[{}]}')
    })
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve))
    const address = issuer.address()
    const port = address instanceof Object ? address.port : 0
    const findings = await doctor({ variables: { CARACAL_STS_URL: `http://127.0.0.1:${port}` } })
    issuer.close()
    expect(about(findings, 'clock')).toEqual([
      expect.objectContaining({ state, text: expect.stringMatching(text) }),
    ])
    expect(about(findings, 'issuer')[0]).toMatchObject({ text: expect.stringContaining('an STS') })
  })

  test('without variables it says which', async () => {
    const { code, stdout, stderr } = await cli.run(['doctor'])
    expect([code, stderr]).toEqual([1, 'caracal-edge: one thing is wrong\n'])
    expect(stdout).toMatch(/✗ environment: .*CARACAL_STS_URL/s)
    expect(stdout).toMatch(/! redis: no variable names a Redis/)
  })
})

describe.skipIf(!hasRedisServer())('a Redis by itself', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>
  const KEY = 'ab'.repeat(32)
  const variables = () => ({
    REDIS_URL: `redis://localhost:${redis.port}`,
    STREAMS_HMAC_KEY: KEY,
    CARACAL_ZONE_ID: 'z',
  })
  const plain = (...args: readonly string[]) => cli.run(args, { variables: variables() })
  const command = (...words: [string, ...string[]]) =>
    commandTo({ host: '127.0.0.1', port: redis.port })(words)
  beforeAll(async () => {
    redis = await startRedis()
  })
  afterAll(() => redis.stop())

  test('is marked, synced, followed and examined', async () => {
    expect(await plain('revoke', 'sid-1')).toMatchObject({
      code: 0,
      stdout: `revoked 1 at localhost:${redis.port}\n`,
    })
    expect(await plain('epoch', '7')).toMatchObject({ code: 0 })
    const store = new RedisRevocationStore({ command: (words) => command(...words) })
    expect(await store.lookup({ anchors: ['sid-1'], zoneId: 'z' })).toEqual({
      revoked: true,
      delegationEpoch: 7,
    })

    const first = await plain('sync')
    expect([first.code, first.stdout]).toEqual([
      1,
      expect.stringMatching(/not caught up.*restarted: .*--give-up restarted/s),
    ])
    const held = await plain('doctor', '--json')
    expect(held.stdout).toMatch(/a loss is held \(restarted\)/)
    expect(await plain('sync', '--give-up', 'restarted')).toMatchObject({ code: 0 })

    await command(
      'XADD',
      'caracal.sessions.revoke',
      '*',
      'session_id',
      'sid-2',
      'note',
      '\u001b[2J',
      '_sig',
      'f'.repeat(64),
    )
    const refused = await plain('sync', '--json')
    expect(refused.code).toBe(1)
    expect(linesIn(refused.stdout)).toEqual([
      expect.objectContaining({ deadLettered: 1, fault: 'unverified' }),
    ])
    const letters = await plain('sync', '--dead-letters')
    expect(letters.stdout).toContain('invalid_signature')
    expect(letters.stdout).not.toContain('\u001b')
    const [letter] = linesIn((await plain('sync', '--dead-letters', '1', '--json')).stdout)
    expect(letter).toMatchObject({
      stream: 'caracal.sessions.revoke',
      fields: { reason: 'invalid_signature' },
    })
    expect(await plain('sync', '--give-up', 'unverified', '--give-up', 'restarted')).toMatchObject({
      code: 0,
    })
  })

  test('--follow reports as it goes, and ends with its signal or its reader', async () => {
    const child = cli.start(['sync', '--follow', '--json'], { variables: variables() })
    const ended = outcomeOf(child)
    const signed = createHmac('sha256', Buffer.from(KEY, 'hex')).update(
      'caracal.sessions.revoke\nsession_id=sid-3\n',
    )
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await command('XADD', 'caracal.sessions.revoke', '*', 'session_id', 'sid-3', '_sig', signed.digest('hex'))
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => String(chunk).includes('"applied":1') && resolve())
    })
    child.kill('SIGTERM')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(linesIn(stdout).length).toBeGreaterThan(1)
  })

  test('a policy that evicts is said', async () => {
    await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const { stdout } = await plain('doctor', '--json')
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'eviction', state: 'bad', text: 'maxmemory-policy is allkeys-lru' }),
    )
    await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
  })

  test('dev serves it, and does not end it', async () => {
    const other = await cli.dev(['--redis'], { variables: variables() })
    expect(other).toMatchObject({ redis: 'given' })
    const use = { variables: { ...variables(), ...other.variables } }
    expect(await cli.run(['revoke', 'sid-9'], use)).toMatchObject({ code: 0 })
    await other.end()
    expect(await command('EXISTS', 'caracal:revoked:sessions:sid-9')).toBe(1)
  })

  test('its user and database are those of the URL', async () => {
    await command('ACL', 'SETUSER', 'reader', 'on', '>s3cret', '~*', '+@read', '+@connection')
    const url = `redis://reader:s3cret@localhost:${redis.port}/2`
    const { stdout } = await cli.run(['doctor', '--json', '--write'], {
      variables: { ...variables(), REDIS_URL: url },
    })
    expect(stdout).toMatch(/cannot be written/)
    const wrong = { ...variables(), REDIS_URL: url.replace('s3cret', 's3crets') }
    const refused = await cli.run(['revoke', 'a'], { variables: wrong })
    expect([refused.code, refused.stderr.includes('s3cret')]).toEqual([1, false])
  })
})
