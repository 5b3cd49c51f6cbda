// The programs of the pages that are no services: the client of docs/agents.md, and the two with a plain Redis of
// docs/revocation.md.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { withCaracal } from 'caracal-edge'
import { syncRevocations } from 'caracal-edge/redis'
import { createTestIssuer, createTestStore, signStreamMessage } from 'caracal-edge/testing'
import { transform } from 'esbuild'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { describeRedis } from '../redis/support.ts'
import { PROGRAM_CODES } from './support/page-codes.ts'
import { ROOT } from './support/running-program.ts'

// Within the package, which the programs import by its name.
const folder = mkdtempSync(join(ROOT, 'test/examples/runners-'))
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.unstubAllEnvs())

/** Writes the program as JavaScript. */
async function written(of: string, name: string, more = ''): Promise<string> {
  const { code } = await transform(`${PROGRAM_CODES.get(of)}\n${more}`, { loader: 'ts' })
  const file = join(folder, name)
  writeFileSync(file, code)
  return file
}

describe('docs/agents.md', () => {
  const store = createTestStore()
  const issuer = createTestIssuer({ revocations: store })
  const guarded = withCaracal((_request, { caracal }) => Response.json({ actor: caracal.sub }), {
    ...issuer.options,
    requiredScopes: ['billing:read'],
  })
  const exchanges: URLSearchParams[] = []
  const claims = { sid: 'session-1', delegation_graph_epoch: 1 }
  let answered = 0

  async function answer(request: Request): Promise<Response> {
    if (new URL(request.url).pathname !== '/oauth/2/token') {
      answered += 1
      const response = await guarded(request)
      // As an outage that is over at once.
      if (response.status === 503) store.recover()
      if (response.status !== 503) return response
      return new Response(response.body, { status: 503, headers: { 'retry-after': '0' } })
    }
    const form = new URLSearchParams(await request.text())
    exchanges.push(form)
    const scopes = form.get('scope')?.split(' ') ?? []
    return Response.json({ access_token: await issuer.mint({ scopes, claims }), expires_in: 900 })
  }

  test('gets a mandate, keeps it in an outage, replaces a stale one, and stops at a revoked session', async () => {
    const server = serve({ fetch: answer, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false })
    await once(server, 'listening')
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    vi.stubEnv('CARACAL_STS_URL', url)
    vi.stubEnv('CARACAL_ZONE_ID', 'zone-1')
    const { call } = await import(await written('docs/agents.md#1', 'client.mjs'))
    const status = async () => {
      const before = [exchanges.length, answered] as const
      const response = await call(`${url}/invoices`, 'resource://api', ['billing:read'])
      const asked = [exchanges.length - before[0], answered - before[1]]
      return [response.status, ...asked]
    }

    // Status, exchanges, requests.
    expect(await status()).toEqual([200, 1, 1])
    expect(Object.fromEntries(exchanges[0] ?? [])).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      zone_id: 'zone-1',
      resource: 'resource://api',
      scope: 'billing:read',
    })
    expect(await status()).toEqual([200, 0, 1])
    store.goDown()
    expect(await status()).toEqual([200, 0, 2])
    claims.delegation_graph_epoch = 2
    await store.markDelegationEpoch(issuer.zoneId, 2)
    expect(await status()).toEqual([200, 1, 2])
    await store.markRevoked(claims.sid)
    expect(await status()).toEqual([401, 0, 1])
    server.close()
  })
})

describeRedis('docs/revocation.md', (redis) => {
  const hmacKey = '5a'.repeat(32)
  const issuer = createTestIssuer()
  let follower: ChildProcess | undefined
  afterEach(() => follower?.kill('SIGKILL'))

  test('one program follows the streams, and the store of the other sees it', async () => {
    vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${redis.port}`)
    const command = (words: readonly string[]) => redis.run(...words)
    await syncRevocations({ command, hmacKey, giveUp: ['restarted'] })
    const { revocations, redis: client } = await import(
      await written('docs/revocation.md#2', 'store.mjs', 'export { redis }')
    )
    const guarded = withCaracal(() => new Response(), { ...issuer.options, revocations })
    const authorization = `Bearer ${await issuer.mint({ claims: { sid: 'session-1' } })}`
    const status = async () =>
      (await guarded(new Request('https://api.test/', { headers: { authorization } }))).status
    expect(await status()).toBe(200)

    const program = await written('docs/revocation.md#5', 'follow.mjs')
    follower = spawn(process.execPath, [program], { env: { ...process.env, STREAMS_HMAC_KEY: hmacKey } })
    const ended = once(follower, 'exit')
    const stream = 'caracal.sessions.revoke'
    const message = await signStreamMessage(stream, { zone_id: 'zone-1', session_id: 'session-1' }, hmacKey)
    await redis.run('XADD', stream, '*', ...Object.entries(message).flat())
    await vi.waitFor(async () => expect(await status()).toBe(401), { timeout: 10_000, interval: 100 })

    follower.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    await client.quit()
  })
})
