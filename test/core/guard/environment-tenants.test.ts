// For random environments, random functions that read them now or later, and random orders of requests: every request is
// decided by the options of its own environment.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { WRAPPERS } from '../support/environments.ts'
import { bearer } from '../support/requests.ts'

vi.setConfig({ testTimeout: 60_000 })

const issuer = createTestIssuer()
const token = await issuer.mint()

type Env = Readonly<Record<string, unknown>>

/** One step of a random function: reads something, if the step before has seen a certain value. */
interface Step {
  readonly how: keyof typeof READINGS
  readonly name: string
  readonly onlyAfter: string | undefined
}

const NAMES = ['A', 'B', 'C'] as const
const OBJECTS = [{ id: 'object 1' }, { id: 'object 2' }] as const

const READINGS = {
  get: (env: Env, name: string) => env[name],
  has: (env: Env, name: string) => name in env,
  own: (env: Env, name: string) => Object.hasOwn(env, name),
  names: (env: Env) => Object.keys(env).sort().join(),
  copy: (env: Env, name: string) => ({ ...env })[name],
  rest: ({ A: _, ...rest }: Env, name: string) => rest[name],
  property: (env: Env, name: string) => Object.getOwnPropertyDescriptor(env, name) !== undefined,
} as const

/** What a function sees, as a text: it decides by this and by nothing else. */
function seenBy(steps: readonly Step[], env: Env): string {
  const seen: string[] = ['']
  for (const { how, name, onlyAfter } of steps) {
    if (onlyAfter !== undefined && onlyAfter !== seen.at(-1)) continue
    const value: unknown = READINGS[how](env, name)
    seen.push(typeof value === 'object' && value !== null ? String(Reflect.get(value, 'id')) : String(value))
  }
  return seen.join(' ')
}

/** Of two texts that differ, about every other pair decides otherwise. */
function isOdd(text: string): boolean {
  let sum = 0
  for (const character of text) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_009
  return sum % 2 === 1
}

const steps = fc.array(
  fc.record<Step>({
    how: fc.constantFrom(...(Object.keys(READINGS) as (keyof typeof READINGS)[])),
    name: fc.constantFrom(...NAMES),
    onlyAfter: fc.constantFrom(undefined, 'a', 'true', ''),
  }),
  { maxLength: 5 },
)
const member = fc.constantFrom<unknown>('a', 'b', undefined, 1, ...OBJECTS)
const environment = fc.dictionary(fc.constantFrom(...NAMES), member, { maxKeys: 3 })
const scene = fc.record({
  early: steps,
  late: steps,
  environments: fc.array(environment, { minLength: 2, maxLength: 5 }),
  wrapper: fc.constantFrom(...Object.keys(WRAPPERS)),
  requests: fc.array(fc.record({ of: fc.nat(4), together: fc.boolean() }), { minLength: 4, maxLength: 16 }),
})

/** Requires a scope by what it sees at once, and revokes by what it sees when the store is asked. */
const optionsBy =
  (early: readonly Step[], late: readonly Step[]) =>
  (env: Env): CaracalOptions => ({
    ...issuer.options,
    requiredScopes: isOdd(seenBy(early, env)) ? ['admin'] : [],
    revocations: {
      async lookup() {
        await Promise.resolve()
        return { revoked: isOdd(`late${seenBy(late, env)}`), delegationEpoch: 0 }
      },
    },
  })

function expectedIn(env: Env, early: readonly Step[], late: readonly Step[]): number {
  if (isOdd(seenBy(early, env))) return 403
  return isOdd(`late${seenBy(late, env)}`) ? 401 : 200
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('environments of several tenants', () => {
  it('are never mixed, and a function is called no more often than there are environments', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const answers = new Set<number>()
    await fc.assert(
      fc.asyncProperty(scene, async ({ early, late, environments, wrapper, requests }) => {
        const options = vi.fn(optionsBy(early, late))
        const guarded = withCaracal(() => new Response(), options)
        const wrap = WRAPPERS[wrapper] ?? ((env) => env)
        const isThrowing = wrapper.includes('Proxy in a') || wrapper.includes('OpenTelemetry')
        const present = isThrowing ? environments.map(withoutUndefined) : environments
        let pending: Promise<void>[] = []
        for (const { of, together } of requests) {
          const env = present[of % present.length] ?? {}
          const given = wrap(env)
          pending.push(
            guarded(bearer(token), given).then(({ status }) => {
              if (status >= 500 && isThrowing) return // It reads what is not there, which throws.
              answers.add(status)
              expect(status).toBe(expectedIn(env, early, late))
            }),
          )
          if (together) continue
          await Promise.all(pending)
          pending = []
        }
        await Promise.all(pending)
        if (!isThrowing) expect(options.mock.calls.length).toBeLessThanOrEqual(environments.length)
      }),
      numRuns(200),
    )
    // A few runs are too few to bring about every answer.
    if (numRuns(200).numRuns === 200) expect([...answers].sort()).toEqual([200, 401, 403])
  })
})

function withoutUndefined(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}
