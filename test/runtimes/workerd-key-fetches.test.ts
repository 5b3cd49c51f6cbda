// In workerd, what a request has begun ends with it. Requests share a key fetch: it must go on when the client of its
// request hangs up, and where it is lost or hangs, the others must not wait for it.

import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type PlainWorkerd, startPlainWorkerd } from '../../lab/plain-workerd.mjs'
import { type ControlledIssuer, startControlledIssuer } from './controlled-issuer.ts'
import { ask } from './requests.ts'

const TIMEOUT_MS = 6_000
/** When those who wait make a fetch of their own. */
const PATIENCE_MS = TIMEOUT_MS / 4
/** What workerd needs to notice that a client is gone. */
const NOTICE_MS = 150

describe.each([
  ['that hands promises over between requests', ['handle_cross_request_promise_resolution']],
  ['that does not', ['no_handle_cross_request_promise_resolution']],
])('in a workerd %s', (_, flags) => {
  let issuer: ControlledIssuer
  let worker: PlainWorkerd
  let fetchesBefore: number

  beforeAll(async () => {
    issuer = await startControlledIssuer()
  })
  afterAll(() => issuer.close())

  beforeEach(async () => {
    await issuer.be('serve')
    fetchesBefore = issuer.keySetRequests()
    worker = await startPlainWorkerd('test/runtimes/subject/key-fetches.mjs', flags, {
      OPTIONS: JSON.stringify({
        issuer: issuer.issuer,
        expectedZoneId: issuer.zoneId,
        audience: issuer.audience,
        keySet: { timeoutMs: TIMEOUT_MS },
      }),
    })
  })
  afterEach(() => worker.stop())

  const fetches = () => issuer.keySetRequests() - fetchesBefore
  const untilFetched = (times: number) => issuer.untilAsked(fetchesBefore + times)

  async function statusOf(): Promise<number> {
    const mandate = await issuer.mint()
    return (await ask(`http://127.0.0.1:${worker.port}`, '/', { mandate })).status
  }

  /** A request whose client can hang up, which ends the request. */
  async function open(): Promise<Socket> {
    const mandate = await issuer.mint()
    const socket = connect(worker.port, '127.0.0.1').on('error', () => {})
    socket.write(`GET / HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${mandate}\r\n\r\n`)
    return socket
  }

  const many = (count: number) => Promise.all(Array.from({ length: count }, statusOf))

  test('a fetch goes on for the others when the client of its request hangs up', async () => {
    await issuer.be('hold')
    const first = await open()
    await untilFetched(1)
    const others = many(10)
    await sleep(NOTICE_MS)
    first.resetAndDestroy()
    await sleep(NOTICE_MS)
    await issuer.be('serve')
    expect(await others).toEqual(Array(10).fill(200))
    expect(fetches(), 'for all of them').toBe(1)
  })

  test('a fetch that nobody waits for any more still brings the keys for the next request', async () => {
    await issuer.be('hold')
    const clients = [await open(), await open(), await open()]
    await untilFetched(1)
    await sleep(NOTICE_MS)
    for (const client of clients) client.resetAndDestroy()
    await sleep(NOTICE_MS)
    await issuer.be('serve')
    await sleep(NOTICE_MS)
    expect(await statusOf()).toBe(200)
    expect(fetches()).toBe(1)
  })

  test('when a fetch hangs, those who wait make a second one, long before its time limit', async () => {
    await issuer.be('hold')
    const startedAt = performance.now()
    const first = statusOf()
    await untilFetched(1)
    issuer.abandon()
    expect([await first, ...(await many(10))]).toEqual(Array(11).fill(200))
    expect(performance.now() - startedAt).toBeGreaterThan(PATIENCE_MS - 50)
    expect(performance.now() - startedAt).toBeLessThan(TIMEOUT_MS - 1_000)
    expect(fetches(), 'for all of them').toBe(2)
  })

  test('clients that hang up in turn cause no third fetch, and do not lose the keys', async () => {
    await issuer.be('hold')
    const startedAt = performance.now()
    while (performance.now() - startedAt < 2 * PATIENCE_MS) {
      const client = await open()
      await sleep(NOTICE_MS)
      client.resetAndDestroy()
    }
    await issuer.be('serve')
    expect(await statusOf()).toBe(200)
    expect(fetches()).toBe(2)
  })

  test('an outage is over for a new isolate as soon as the issuer answers again', async () => {
    await issuer.be('fail')
    expect(new Set(await many(5))).toEqual(new Set([503]))
    await issuer.be('serve')
    const startedAt = performance.now()
    await expect.poll(statusOf, { interval: 50, timeout: 5_000 }).toBe(200)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
