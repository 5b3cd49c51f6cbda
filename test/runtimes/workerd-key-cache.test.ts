// Isolates of workerd that share their keys through its own Cache API, and that refresh them beside requests.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type ControlledIssuer, startControlledIssuer } from './controlled-issuer.ts'
import { ask } from './requests.ts'

const SUBJECT = fileURLToPath(new URL('./subject/key-cache.mjs', import.meta.url))
const MAX_AGE_MS = 8_000
/** What an isolate may take to store a set, which no request waits for. */
const STORING_MS = 300

let issuer: ControlledIssuer
let program: string
/** Where the Cache API keeps its contents from one process to the next. */
let directory: string
let fetchesBefore: number
const running: Miniflare[] = []

beforeAll(async () => {
  issuer = await startControlledIssuer()
  const bundle = await build({
    entryPoints: [SUBJECT],
    write: false,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
  program = bundle.outputFiles[0]?.text ?? ''
})
afterAll(() => issuer.close())

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caracal-edge-cache-'))
  await issuer.be('serve')
  fetchesBefore = issuer.keySetRequests()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((isolate) => isolate.dispose()))
  await rm(directory, { recursive: true })
})

const fetches = () => issuer.keySetRequests() - fetchesBefore

/** A new process of workerd, with the cache that earlier ones have left. */
async function freshIsolate(flags: readonly string[] = []) {
  const worker = convertV4MiniflareOptions({
    modules: [{ type: 'ESModule', path: 'main.mjs', contents: program }],
    compatibilityDate: '2026-07-01',
    compatibilityFlags: [...flags],
    bindings: {
      OPTIONS: JSON.stringify({
        issuer: issuer.issuer,
        expectedZoneId: issuer.zoneId,
        audience: issuer.audience,
        keySet: { maxAgeMs: MAX_AGE_MS, maxStaleMs: 600_000, cooldownMs: 1_000 },
      }),
    },
  })
  const isolate = new Miniflare({ ...worker, resourcePersistencePath: directory })
  running.push(isolate)
  const { origin } = await isolate.ready
  return {
    async statusOf(mandate?: string) {
      return (await ask(origin, '/', { mandate: mandate ?? (await issuer.mint()) })).status
    },
    async stop() {
      running.splice(running.indexOf(isolate), 1)
      await isolate.dispose()
    },
  }
}

test.each([
  ['without flags', []],
  ['with nodejs_compat', ['nodejs_compat']],
])(
  'a fresh isolate serves with the keys of an earlier one while the STS is down, %s',
  async (_, flags) => {
    const first = await freshIsolate(flags)
    expect(await first.statusOf()).toBe(200)
    expect(fetches()).toBe(1)
    await sleep(STORING_MS)
    await first.stop()
    await issuer.be('fail')
    const second = await freshIsolate(flags)
    expect(await Promise.all([second.statusOf(), second.statusOf()])).toEqual([200, 200])
  },
  60_000,
)

test('with an empty cache it cannot', async () => {
  await issuer.be('fail')
  const isolate = await freshIsolate()
  expect(await isolate.statusOf()).toBe(503)
  expect(fetches()).toBe(1)
}, 60_000)

test('a rotation is found by an isolate whose keys come from the cache, and by the next one there', async () => {
  const first = await freshIsolate()
  expect(await first.statusOf()).toBe(200)
  await sleep(STORING_MS)
  await issuer.rotate()
  const second = await freshIsolate()
  expect(await second.statusOf()).toBe(200)
  expect(fetches()).toBe(2)
  await sleep(STORING_MS)
  await second.stop()
  await issuer.be('fail')
  const third = await freshIsolate()
  expect(await third.statusOf()).toBe(200)
}, 60_000)

test('keys are refreshed beside a request that does not wait, and the refresh goes on after it', async () => {
  const isolate = await freshIsolate()
  const mandate = await issuer.mint()
  expect(await isolate.statusOf(mandate)).toBe(200)
  const fetchedAt = performance.now()
  await issuer.be('hold')
  while (fetches() === 1 && performance.now() - fetchedAt < MAX_AGE_MS) {
    expect(await isolate.statusOf(mandate)).toBe(200)
    await sleep(50)
  }
  expect(fetches(), 'the refresh, which is held').toBe(2)
  expect(performance.now() - fetchedAt).toBeLessThan(MAX_AGE_MS)
  expect(await isolate.statusOf(mandate), 'meanwhile').toBe(200)
  await issuer.be('serve')
  await sleep(MAX_AGE_MS - (performance.now() - fetchedAt))
  await issuer.be('fail')
  expect(await isolate.statusOf(mandate), 'after the end of the first set').toBe(200)
  expect(fetches()).toBe(2)
}, 60_000)
