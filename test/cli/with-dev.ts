// `mint`, `revoke`, `epoch`, `rotate` and `sync` beside a running `dev`.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { describe, expect, test } from 'vitest'
import { besideDev, type InstalledCli } from './installed.ts'

const claimsOf = (mandate: string) =>
  JSON.parse(Buffer.from(mandate.split('.')[1] ?? '', 'base64url').toString())

export function testWithDev(cli: InstalledCli) {
  const { run, url } = besideDev(cli)

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
        issuer: url(),
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
      expect(claims).toMatchObject({
        zone_id: 'zone-b',
        aud: ['resource://x', 'resource://y'],
        use: 'session',
      })
      expect(claims).toMatchObject({ sub: 'user=2', n: { m: 1 } })
      expect(claims).not.toHaveProperty('agent_session_id')
      expect(claims.exp - claims.iat).toBe(60)
    })
  })

  describe('revoke, epoch and rotate', () => {
    test('at dev, they are announced too, so that sync has something to do', async () => {
      const { stdout: mandate } = await run(['mint'])
      const input = `Authorization: Bearer ${mandate}`
      expect(await run(['revoke', '-'], { input })).toMatchObject({ code: 0, stderr: '' })
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

    test.each([
      ['two mandates', (mandate: string) => `${mandate}${mandate}`],
      ['a mandate with more', (mandate: string) => `mandate=${mandate}`],
      ['two ids', () => 'sid-1\nsid-2\n'],
    ])('%s on standard input are not marked as one id', async (_, made) => {
      const { stdout: mandate } = await run(['mint'])
      const { code, stdout, stderr } = await run(['revoke', '-'], { input: made(mandate) })
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('no single id or mandate')
    })

    test('a mandate is no argument', async () => {
      const { stdout: mandate } = await run(['mint'])
      for (const argument of [mandate.trim(), `Bearer ${mandate.trim()}`]) {
        const { code, stderr } = await run(['revoke', argument])
        expect([code, stderr.includes(mandate.slice(0, 20))]).toEqual([2, false])
        expect(stderr).toMatch(/on standard input with -/)
      }
    })
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
    await writeFile(file, `CARACAL_STS_URL=${url()}\nCARACAL_ZONE_ID=zone-b\n`)
    const fromFile = await cli.run(['mint', '--vars', 'some.env'])
    expect(claimsOf(fromFile.stdout)).toMatchObject({ zone_id: 'zone-b' })
    const fromBoth = await cli.run(['mint', '--vars', 'some.env'], {
      variables: { CARACAL_ZONE_ID: 'zone-a' },
    })
    expect(claimsOf(fromBoth.stdout)).toMatchObject({ zone_id: 'zone-a' })
    // Only where they differ is it said.
    expect(fromFile.stderr).toBe('')
    expect(fromBoth.stderr).toBe(
      '--vars: of the environment, not of some.env, where they have other values: CARACAL_ZONE_ID\n',
    )
    const told = await cli.run(['doctor', '--vars', 'some.env'], { variables: { CARACAL_AUDIENCE: 'a:b' } })
    expect(told.stdout).toContain('CARACAL_ZONE_ID zone-b (of some.env), CARACAL_AUDIENCE a:b\n')
  })

  test.each([
    [{ UPSTASH_REDIS_REST_TOKEN: 's3cret' }, { UPSTASH_REDIS_REST_URL: 'https://other.test' }],
    [{ UPSTASH_REDIS_REST_URL: 'https://db.test' }, { UPSTASH_REDIS_REST_TOKEN: 's3cret' }],
    [
      { KV_REST_API_TOKEN: 's3cret' },
      { KV_REST_API_URL: 'https://other.test', KV_REST_API_TOKEN: 's3cret2' },
    ],
  ])('no token is sent to a database that another place names: %j and %j', async (variables, inFile) => {
    const lines = Object.entries(inFile).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(join(cli.project(), 'mixed.env'), lines.join(''))
    const { code, stderr } = await cli.run(['revoke', 'a', '--vars', 'mixed.env'], { variables })
    expect([code, stderr]).toEqual([2, expect.stringMatching(/of the environment.*belong to one database/)])
    expect(stderr).not.toContain('s3cret')
  })
}
