// Every case of the catalogue against the guard, over real HTTP to an issuer and a revocation store, by the same function
// that users have.

import { existsSync, readFileSync } from 'node:fs'
import { withCaracal } from 'caracal-edge'
import { type ConformanceCheck, type ConformanceSettings, conformance } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { clearEnvironment, setEnvironment } from './environment.ts'
import { startRealServers } from './real-servers.ts'
import { CATALOGUE } from './write-catalogue.mjs'

const TIMEOUT_MS = 20_000

type Handler = (request: Request, context: { readonly caracal?: unknown }) => Response
type Guard = (request: Request) => Promise<Response>

/** Options are given as in JavaScript: they may be wrong or incomplete. */
const guardWith = withCaracal as unknown as (handler: Handler, options: unknown) => Guard
const LooseStore = UpstashRevocationStore as unknown as {
  new (options: unknown): unknown
  fromEnv(env: unknown): unknown
}

const servers = await startRealServers()
const checks = conformance(guarded, { origin: servers.origin })
const needsEnvironment = ({ features }: ConformanceCheck) => features.includes('environment')
const logged: string[] = []
const secrets = new Set<string>()
let restoreEnvironment: () => void

beforeAll(() => {
  restoreEnvironment = clearEnvironment()
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => logged.push(args.map(inFull).join(' ')))
  }
})

afterAll(async () => {
  vi.restoreAllMocks()
  restoreEnvironment()
  await servers.close()
})

describe.concurrent('the catalogue', () => {
  for (const check of checks.filter((each) => !needsEnvironment(each))) declare(check)
})

// One after the other, because there is only one process.env.
describe('the catalogue, with an environment', () => {
  for (const check of checks.filter(needsEnvironment)) declare(check)
})

test('nothing secret was logged', () => {
  expect(secrets.size).toBeGreaterThan(checks.length)
  const leaks = logged.filter((line) => [...secrets].some((secret) => line.includes(secret)))
  expect(leaks).toEqual([])
})

test('nothing is skipped, and every check has a name of its own', () => {
  expect(checks.filter(({ skipped }) => skipped !== undefined)).toEqual([])
  expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
  expect(checks.length).toBeGreaterThan(550)
})

test.each(CATALOGUE)('$file has the cases of this folder', ({ file, source }) => {
  expect(readFileSync(file, 'utf8') === source, 'run node test/conformance/write-catalogue.mjs').toBe(true)
})

describe('cases in prose', () => {
  const testOf = readJson<Record<string, string>>('prose-cases.json')

  test('exactly these are known', () => {
    const cases = readJson<readonly { readonly id: string; readonly gen: unknown }[]>('cases.json')
    const prose = cases.filter(({ gen }) => gen === null).map(({ id }) => id)
    expect(Object.keys(testOf).toSorted()).toEqual(prose.toSorted())
  })

  test('their tests exist', () => {
    const isMissing = (file: string) => file === '' || !existsSync(new URL(`../${file}`, import.meta.url))
    expect(Object.values(testOf).filter(isMissing)).toEqual([])
  })
})

function declare({ title, check }: ConformanceCheck): void {
  test(title, { timeout: TIMEOUT_MS }, check)
}

function guarded(settings: ConformanceSettings): { fetch: Guard; close: () => void } {
  servers.add(settings)
  for (const secret of settings.secrets) secrets.add(secret)
  const restore = setEnvironment(settings.environment)
  try {
    const make = () => {
      const { storeTimeoutMs: _ours, ...options } = settings.options
      return {
        ...options,
        ...(settings.asked.includes('revocations') ? {} : { revocations: storeFor(settings) }),
      }
    }
    const handler: Handler = (request, { caracal }) => settings.handler(request, caracal)
    return { fetch: guardWith(handler, settings.given === 'function' ? make : make()), close: restore }
  } catch (error) {
    restore()
    throw error
  }
}

function storeFor({ upstash, revocations }: ConformanceSettings): unknown {
  if (upstash === undefined) return revocations
  const { url, token, keyPrefix, timeoutMs, setUp } = upstash
  const options = { timeoutMs, ...(keyPrefix !== undefined && { keyPrefix }) }
  switch (setUp) {
    case 'right':
      return new LooseStore({ url, token, ...options })
    case 'no-credentials':
      return new LooseStore(options)
    case 'empty-credentials':
      return new LooseStore({ url: '', token: '', ...options })
    case 'from-empty-env':
      return LooseStore.fromEnv({})
  }
}

function inFull(value: unknown): string {
  if (value instanceof Error) return `${value.stack}`
  return typeof value === 'string' ? value : `${JSON.stringify(value)}`
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
}
