// Whatever is wrong between the guard and Redis: the handler does not run, the answer is 503 within the deadline,
// and the next request after it is over is let in.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  answer,
  close,
  type EndpointFault,
  FAILURES,
  firstThen,
  hang,
  PERFECT,
  silences,
} from './endpoint-faults.ts'
import { ADMITTED, guardedBy, issuer, UNAVAILABLE } from './guarded.ts'
import { describeRedis, type TestRedis } from './support.ts'

const SHORT_DEADLINE_MS = 500
/** Far longer than anything takes that is not meant to hang. */
const LONG_DEADLINE_MS = 5_000
/** What a busy machine may take on top. */
const SLACK_MS = 500

function guardOn(redis: TestRedis, timeoutMs: number) {
  return guardedBy(new UpstashRevocationStore({ ...redis.database, timeoutMs }))
}

describeRedis('a request to an endpoint that', (redis) => {
  let mandate: string
  beforeEach(async () => {
    mandate = await issuer.mint()
  })

  async function expectOutage({ fault, requests = 1, intervene }: EndpointFault, deadlineMs: number) {
    const knock = guardOn(redis, deadlineMs)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
    redis.asked.length = 0
    redis.intervention = intervene()
    const outcome = await knock(mandate)
    expect(outcome).toMatchObject({ ...UNAVAILABLE, fault })
    expect(redis.asked).toHaveLength(requests)

    redis.intervention = undefined
    expect(await knock(mandate)).toMatchObject(ADMITTED)
    return outcome
  }

  it.each(silences(SHORT_DEADLINE_MS))('$title', async (silence) => {
    const { elapsedMs } = await expectOutage(silence, SHORT_DEADLINE_MS)
    expect(elapsedMs).toBeGreaterThan(SHORT_DEADLINE_MS - 20)
    expect(elapsedMs).toBeLessThan(SHORT_DEADLINE_MS + SLACK_MS)
  })

  it.each(FAILURES)('$title', async (failure) => {
    const { elapsedMs } = await expectOutage(failure, LONG_DEADLINE_MS)
    expect(elapsedMs).toBeLessThan(LONG_DEADLINE_MS)
  })

  it('hangs is given a second unless another time is set', async () => {
    redis.intervention = hang
    const outcome = await guardedBy(new UpstashRevocationStore(redis.database))(mandate)
    expect(outcome).toMatchObject({ ...UNAVAILABLE, fault: 'timeout' })
    expect(outcome.elapsedMs).toBeGreaterThan(980)
    expect(outcome.elapsedMs).toBeLessThan(1_000 + SLACK_MS)
  })

  it('hangs is let go of at the deadline, connection and all', async () => {
    const closed = new Promise((resolve) => {
      redis.intervention = ({ request }) => Boolean(request.socket.once('close', resolve))
    })
    expect(await guardOn(redis, 50)(mandate)).toMatchObject(UNAVAILABLE)
    await closed
  })

  it('sends without end is hung up on long before the deadline', async () => {
    const closed = new Promise((resolve) => {
      redis.intervention = ({ response }) => {
        const block = ' '.repeat(65_536)
        const send = () => {
          while (!response.closed && response.write(block));
        }
        response.on('drain', send).once('close', resolve)
        send()
        return true
      }
    })
    const outcome = await guardOn(redis, 60_000)(mandate)
    expect(outcome).toMatchObject({ ...UNAVAILABLE, fault: 'too_large' })
    await closed
  })

  it('answers leaves no timer behind', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
    const knock = guardOn(redis, 60_000)
    await knock(mandate)
    const before = timers()
    for (let count = 0; count < 10; count++) await knock(mandate)
    expect(timers()).toBeLessThan(before + 5)
  })

  it('closes the connection once is asked once more, and lets the request in', async () => {
    redis.intervention = firstThen(close, () => false)
    expect(await guardOn(redis, LONG_DEADLINE_MS)(mandate)).toMatchObject(ADMITTED)
    expect(redis.asked).toHaveLength(2)
  })

  it('refuses connections', async () => {
    const knock = guardOn(redis, LONG_DEADLINE_MS)
    await redis.closeEndpoint()
    const outcome = await knock(mandate)
    await redis.openEndpoint()
    expect(outcome).toMatchObject({ ...UNAVAILABLE, fault: 'network' })
    expect(outcome.elapsedMs).toBeLessThan(LONG_DEADLINE_MS)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  it('has no Redis behind it', async () => {
    const knock = guardOn(redis, LONG_DEADLINE_MS)
    await redis.killServer()
    const outcome = await knock(mandate)
    await redis.startServer()
    expect(outcome).toMatchObject({ ...UNAVAILABLE, fault: 'status' })
    expect(outcome.elapsedMs).toBeLessThan(LONG_DEADLINE_MS)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  it('does not know the token', async () => {
    const stranger = new UpstashRevocationStore({ ...redis.database, token: 'another' })
    expect(await guardedBy(stranger)(mandate)).toMatchObject({ ...UNAVAILABLE, fault: 'status' })
    expect(await guardOn(redis, LONG_DEADLINE_MS)(mandate)).toMatchObject(ADMITTED)
  })

  it.each([304, 404, 502])('answers %i without JSON', async (status) => {
    redis.intervention = answer(status, status === 304 ? '' : '<html>')
    expect(await guardOn(redis, LONG_DEADLINE_MS)(mandate)).toMatchObject({ ...UNAVAILABLE, fault: 'status' })
  })
})

describeRedis('a redirect', (redis) => {
  describe.each([301, 302, 303, 307, 308])('with %i', (status) => {
    it.each(['', PERFECT])('and the body %j is not followed, although all is well there', async (body) => {
      let visits = 0
      const elsewhere = createServer((_, response) => {
        visits += 1
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(PERFECT)
      }).listen(0, '127.0.0.1')
      await once(elsewhere, 'listening')
      const { port } = elsewhere.address() as AddressInfo
      const knock = guardOn(redis, LONG_DEADLINE_MS)
      const mandate = await issuer.mint()
      for (const place of [`http://127.0.0.1:${port}/`, '/elsewhere']) {
        redis.intervention = (exchange) => {
          if (exchange.request.url === '/elsewhere') visits += 1
          return answer(status, body, { Location: place })(exchange)
        }
        redis.asked.length = 0
        expect(await knock(mandate)).toMatchObject(UNAVAILABLE)
        expect(redis.asked).toHaveLength(1)
      }
      elsewhere.close()
      expect(visits).toBe(0)

      redis.intervention = undefined
      expect(await knock(mandate)).toMatchObject(ADMITTED)
    })
  })
})
