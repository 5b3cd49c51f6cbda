// In workerd, a request must not wait for a promise of another one: if that one is gone, it would wait forever.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startWorker } from '../../scripts/start-worker.mjs'
import { startSlowIssuer } from './slow-issuer.ts'

type SlowIssuer = Awaited<ReturnType<typeof startSlowIssuer>>

let issuer: SlowIssuer
let workerUrl: string
let stopWorker = async () => {}

beforeAll(async () => {
  issuer = await startSlowIssuer()
}, 60_000)

afterAll(async () => {
  await issuer.close()
})

/** Every test has an isolate of its own, whose guard has not fetched anything yet. */
beforeEach(async () => {
  const worker = await startWorker({
    config: 'test/workers/worker.toml',
    vars: { CARACAL_STS_URL: issuer.url },
    port: 0,
    watch: false,
    onStop: (stop) => {
      stopWorker = stop
    },
  })
  workerUrl = worker.url
  return () => stopWorker()
}, 60_000)

async function ask(token: string, signal?: AbortSignal): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(workerUrl, signal === undefined ? { headers } : { headers, signal })
  await response.arrayBuffer()
  return response.status
}

/** What one more fetch of the key set may take, with room for a busy machine. */
const ENOUGH_MS = 10_000

test('without Node compatibility, everything comes from the bindings', async () => {
  const headers = { authorization: `Bearer ${await issuer.mint({ sub: 'user-7' })}` }
  const response = await fetch(workerUrl, { headers })
  expect(await response.json()).toEqual({ actor: 'user-7', process: 'undefined' })
})

test('fifty first requests against a slow issuer are all answered, after a single fetch', async () => {
  const before = issuer.asked()
  issuer.hold()
  const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.mint()))
  const answers = Promise.all(tokens.map((token) => ask(token)))
  await issuer.untilAsked(before + 1)
  setTimeout(() => issuer.release(), 300)
  expect(await answers).toEqual(tokens.map(() => 200))
  expect(issuer.asked() - before).toBe(1)
}, 60_000)

test('when the request that fetches is gone, the others take over', async () => {
  const before = issuer.asked()
  issuer.hold()
  const abandoned = new AbortController()
  const first = ask(await issuer.mint(), abandoned.signal).catch(() => 'gone')
  await issuer.untilAsked(before + 1)
  const others = Promise.all(Array.from({ length: 10 }, async () => ask(await issuer.mint())))
  abandoned.abort()
  expect(await first).toBe('gone')
  setTimeout(() => issuer.release(), 500)

  const startedAt = performance.now()
  expect(await others).toEqual(Array.from({ length: 10 }, () => 200))
  expect(performance.now() - startedAt).toBeLessThan(ENOUGH_MS)
  expect(await ask(await issuer.mint())).toBe(200)
}, 60_000)

test('an issuer that never answers is an outage for every one of them, and recovers', async () => {
  issuer.hold()
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.mint()))
  const startedAt = performance.now()
  expect(await Promise.all(tokens.map((token) => ask(token)))).toEqual(tokens.map(() => 503))
  expect(performance.now() - startedAt).toBeLessThan(ENOUGH_MS)
  await issuer.release()
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(await ask(tokens[0] ?? '')).toBe(200)
}, 60_000)
