// The Durable Object that hibernates, in real workerd: its alarm closes the sockets whose mandate has ended.

import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningIssuer, startIssuer } from '../../lab/issuer.mjs'
import { answer } from '../redis/endpoint-faults.ts'
import { describeRedis, type TestRedis } from '../redis/support.ts'
import { exampleProgram } from './support/examples.ts'
import type { RunningProgram } from './support/running-program.ts'

const EVERY_MS = 1_000
/** Longer than an interval, a look-up and a busy machine take. */
const PATIENCE_MS = 10_000

describeRedis('examples/worker-durable-object.ts', (redis: TestRedis) => {
  let issuer: RunningIssuer
  let program: RunningProgram
  let origin = ''

  beforeAll(async () => {
    issuer = await startIssuer()
    program = exampleProgram('worker-durable-object.ts', {
      CARACAL_STS_URL: issuer.url,
      CARACAL_ZONE_ID: issuer.zoneId,
      CARACAL_AUDIENCE: issuer.audience,
      UPSTASH_REDIS_REST_URL: redis.database.url,
      UPSTASH_REDIS_REST_TOKEN: redis.database.token,
      RECHECK_EVERY_MS: String(EVERY_MS),
    })
    ;[origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
  }, 60_000)

  afterAll(async () => {
    await program.stop()
    await issuer.close()
  })

  const mint = (sid: string, lifetimeSeconds = 900) =>
    issuer.mint({ scopes: ['billing:read'], lifetimeSeconds, claims: { sid, sub: 'üser' } })

  /** What a client sends and hears. */
  function join(room: string, mandate?: string) {
    const headers = mandate === undefined ? {} : { authorization: `Bearer ${mandate}` }
    // A mandate that the client has made up.
    const forged = { 'x-verified-mandate': encodeURIComponent('{"sub":"admin"}') }
    const url = `${origin.replace('http', 'ws')}/rooms/${room}`
    const socket = new WebSocket(url, { headers: { ...headers, ...forged } })
    const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`)
    return {
      closed,
      isOpen: () => socket.readyState === WebSocket.OPEN,
      async says(text: string): Promise<string> {
        if (socket.readyState !== WebSocket.OPEN) await once(socket, 'open')
        socket.send(text)
        const [reply] = await once(socket, 'message')
        return String(reply)
      },
      leave: () => socket.close(),
    }
  }

  test('closes the sockets of a session that was revoked, and no other', async () => {
    const [one, other] = [join('7', await mint('session-1')), join('7', await mint('session-2'))]
    expect([await one.says('hello'), await other.says('hi')]).toEqual(['üser: hello', 'üser: hi'])
    await redis.run('SET', 'caracal:revoked:sessions:session-1', '1')
    expect(await one.closed).toBe('1008 session_revoked')
    expect(await other.says('still here')).toBe('üser: still here')
    other.leave()
    expect(await other.closed).toMatch(/^1/)
  })

  test('closes a socket when its mandate expires', async () => {
    const expiring = join('8', await mint('session-3', 3))
    expect(await expiring.says('hello')).toBe('üser: hello')
    expect(await expiring.closed).toBe('1008 invalid_token')
  })

  test('tolerates an outage of the store for an interval', async () => {
    const waiting = join('9', await mint('session-4'))
    await waiting.says('hello')
    redis.intervention = answer(500, '{"error":"ERR out of order"}')
    const startedAt = Date.now()
    expect(await waiting.closed).toBe('1008 revocation_unavailable')
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(EVERY_MS)
    expect(Date.now() - startedAt).toBeLessThan(PATIENCE_MS)
  })

  test('is reached with a mandate alone, and asks nothing when everybody has left', async () => {
    expect(await join('7').closed).toBe('1008 missing_token')
    const asked = async () => {
      const before = redis.asked.length
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS * 1.5))
      return redis.asked.length - before
    }
    await expect.poll(asked, { timeout: PATIENCE_MS }).toBe(0)
  })
})
