// Runs every case of the catalogue against the guard, over real HTTP to an issuer and a revocation store.

import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cases, ownCases, readJson, type Situation, situationsOf } from './catalogue.ts'
import { clearEnvironment } from './environment.ts'
import { startIssuerServer } from './issuer-server.ts'
import { observe, type World } from './run-case.ts'
import { makeTestKeys } from './test-keys.ts'
import { startUpstashServer } from './upstash-server.ts'
import { expectOutcome, expectRefusedToBuild, expectServerError } from './verdict.ts'

const TIMEOUT_MS = 20_000

const situations = [...cases, ...ownCases].flatMap(situationsOf)
const needsEnvironment = ({ gen }: Situation) => gen.env !== undefined
const logged: string[] = []
const secrets = new Set<string>()
let world: World
let restoreEnvironment: () => void

beforeAll(async () => {
  restoreEnvironment = clearEnvironment()
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...args) => logged.push(args.map(inFull).join(' ')))
  }
  const keys = await makeTestKeys()
  world = { keys, issuers: await startIssuerServer(keys), stores: await startUpstashServer() }
})

afterAll(async () => {
  vi.restoreAllMocks()
  restoreEnvironment()
  await Promise.all([world.issuers.close(), world.stores.close()])
})

describe.concurrent('the catalogue', () => {
  for (const situation of situations.filter((each) => !needsEnvironment(each))) declare(situation)
})

// One after the other, because there is only one process.env.
describe('the catalogue, with an environment', () => {
  for (const situation of situations.filter(needsEnvironment)) declare(situation)
})

test('nothing secret was logged', () => {
  const leaks = logged.filter((line) => [...secrets].some((secret) => line.includes(secret)))
  expect(leaks).toEqual([])
})

describe('cases in prose', () => {
  const testOf = readJson<Record<string, string>>('prose-cases.json')

  test('exactly these are known', () => {
    const prose = cases.filter(({ gen }) => gen === null).map(({ id }) => id)
    expect(Object.keys(testOf).toSorted()).toEqual(prose.toSorted())
  })

  test('their tests exist', () => {
    const isMissing = (file: string) => file === '' || !existsSync(new URL(`../${file}`, import.meta.url))
    expect(Object.values(testOf).filter(isMissing)).toEqual([])
  })
})

function declare(situation: Situation): void {
  test(situation.name, { timeout: TIMEOUT_MS }, async () => {
    const seen = await observe(situation, world)
    for (const secret of seen.secrets) secrets.add(secret)
    if (situation.expect.outcome !== 'config-error') return expectOutcome(situation, seen)
    expectRefusedToBuild(seen)
    const later = await observe(situation, world, 'function')
    expectServerError(later, seen.refusedToBuild, situation.gen.config)
  })
}

function inFull(value: unknown): string {
  if (value instanceof Error) return `${value.stack}`
  return typeof value === 'string' ? value : `${JSON.stringify(value)}`
}
