// The commands on a Redis by itself, as servers reach it.

import { createHmac } from 'node:crypto'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandTo } from '../../cli/redis-url.ts'
import { hasRedisServer, startRedis } from '../../lab/redis-server.mjs'
import { type InstalledCli, outcomeOf } from './installed.ts'

/** One document for each line. */
const linesIn = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

export function testPlainRedis(cli: InstalledCli) {
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
      await command(
        'XADD',
        'caracal.sessions.revoke',
        '*',
        'session_id',
        'sid-3',
        '_sig',
        signed.digest('hex'),
      )
      await new Promise<void>((resolve) => {
        child.stdout.on('data', (chunk) => String(chunk).includes('"applied":1') && resolve())
      })
      child.kill('SIGTERM')
      const { code, stdout, stderr } = await ended
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^no more passes are made: .*SIGTERM/)])
      expect(linesIn(stdout).length).toBeGreaterThan(1)
    })

    test.each([
      ['input', /has closed its input/],
      ['output', /its output can no longer be written/],
    ])('--follow says that its %s has closed', async (which, said) => {
      const child = cli.start(['sync', '--follow', '--json'], { variables: variables() })
      const ended = outcomeOf(child)
      if (which === 'output') child.stdout.destroy()
      else child.stdout.once('data', () => child.stdin.end())
      const { code, stderr } = await ended
      expect([code, stderr]).toEqual([0, expect.stringMatching(said)])
    })

    test('a mark is made without a reader too', async () => {
      const child = cli.start(['revoke', 'unread'], { variables: variables() })
      child.stdout.destroy()
      expect(await outcomeOf(child)).toMatchObject({ code: 0 })
      expect(await command('EXISTS', 'caracal:revoked:sessions:unread')).toBe(1)
    })

    test('where not all ids can be marked, it says how far it came, and no id', async () => {
      const keys = ['%R~*', '~*:few-1', '~*:few-2']
      await command('ACL', 'SETUSER', 'few', 'on', '>pw', ...keys, '+@all')
      const few = { ...variables(), REDIS_URL: `redis://few:pw@localhost:${redis.port}` }
      const run = (...args: readonly string[]) => cli.run(['revoke', ...args], { variables: few })
      const { code, stdout, stderr } = await run('--json', 'few-1', 'few-2', 'other-3', 'few-4')
      expect(code).toBe(1)
      expect(JSON.parse(stdout)).toMatchObject({ revoked: ['few-1', 'few-2'], left: 2 })
      expect(stderr).toMatch(/Of 4 ids, the first 2 are revoked\. Number 3 may be, and none after it/)
      expect(stderr).not.toMatch(/few-|other-/)
      expect(await run('other-1', 'few-2')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/did not confirm it \(status\).*Of 2 ids, none is revoked/),
      })
      // What no store takes ends it before anything is marked.
      const claims = Buffer.from('{"sid":"\\ud800"}').toString('base64url')
      const wrong = await cli.run(['revoke', 'before', '-'], {
        variables: variables(),
        input: `eyJhbGciOiJFUzI1NiJ9.${claims}.c2ln`,
      })
      expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('lone surrogate')])
      expect(await command('EXISTS', 'caracal:revoked:sessions:before')).toBe(0)
    })

    test('a policy that evicts is said', async () => {
      await command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
      const { stdout } = await plain('doctor', '--json')
      expect(JSON.parse(stdout).findings).toContainEqual(
        expect.objectContaining({ check: 'eviction', state: 'bad', text: 'maxmemory-policy is allkeys-lru' }),
      )
      // It is no reason to leave out what comes after it.
      expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ check: 'heartbeat' }))
      await command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction')
    })

    test.each([
      ['in the future', () => String(Date.now() + 600_000)],
      ['that is no time', () => '1e99'],
    ])('a heartbeat %s is wrong, as it is for guards', async (_, value) => {
      const key = 'caracal:revoked:sessions:sync-heartbeat'
      await command('SET', key, value())
      const { code, stdout } = await plain('doctor', '--json')
      await command('DEL', key)
      expect(code).toBe(1)
      expect(JSON.parse(stdout).findings).toContainEqual(
        expect.objectContaining({ check: 'heartbeat', state: 'bad' }),
      )
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
}
