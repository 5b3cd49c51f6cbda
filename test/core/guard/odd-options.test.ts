// Whatever options hold, a guard or store is built, or a CaracalConfigError says why not, without quoting a value.

import { CaracalConfigError, createMandateVerifier, InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OPTIONS } from '../../support/options.ts'
import { numRuns } from '../../support/runs.ts'

const SECRET = 'hunter2'
const issuer = createTestIssuer()

const throwsSecret = () => {
  throw new Error(SECRET)
}
const hostile = (target: object) =>
  new Proxy(target, { get: throwsSecret, ownKeys: throwsSecret, getOwnPropertyDescriptor: throwsSecret })
const revoked = (target: object) => {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}
const getter = (name: string) =>
  Object.defineProperty({}, name, { enumerable: true, get: throwsSecret }) as object

const NO_VALUES: readonly unknown[] = [
  Symbol(SECRET),
  10n,
  Number.NaN,
  new Date(0),
  new URL(`https://${SECRET}.example/`),
  /hunter2/,
  new Map([[SECRET, SECRET]]),
  new Set([SECRET]),
  Promise.resolve(SECRET),
  throwsSecret,
  class Hunter2 {},
  new Error(SECRET),
  [SECRET, Symbol(SECRET)],
  hostile({}),
  hostile([]),
  revoked({}),
  revoked([]),
  getter('length'),
  getter('then'),
  getter('lookup'),
  '\ud800',
  `HTTPS://${SECRET}.example`,
  `https://${SECRET} .example`,
  `https://${SECRET}.example/ a`,
  `https://user:${SECRET}@db.example`,
  'https://[::1',
  { keys: [{ kty: 'EC', x: throwsSecret, y: Symbol(SECRET), d: 1n }] },
  { keys: hostile([]) },
  getter('keys'),
  { jwks: getter('keys') },
  { jwks: { keys: [hostile({})] } },
  { odd: SECRET },
  getter('/admin'),
]

const NO_VALUES_AS_FUNCTIONS = NO_VALUES.map((value) => () => value)

const NAMES = Object.keys(OPTIONS)

type Build = (name: string, value: unknown) => unknown

const BUILDS: Readonly<Record<string, readonly [names: readonly string[], build: Build]>> = {
  withCaracal: [
    NAMES,
    (name, value) => withCaracal(() => new Response(), { ...issuer.options, [name]: value }),
  ],
  createMandateVerifier: [
    NAMES,
    (name, value) => createMandateVerifier({ ...issuer.options, [name]: value }),
  ],
  'options of a route': [
    NAMES,
    (name, value) =>
      withCaracal(() => new Response(), { ...issuer.options, routes: { '/a': { [name]: value } } } as never),
  ],
  InMemoryRevocationStore: [
    ['defaultTtlMs', 'maxEntries'],
    (name, value) => new InMemoryRevocationStore({ [name]: value } as object),
  ],
  UpstashRevocationStore: [
    ['url', 'token', 'keyPrefix', 'defaultTtlMs', 'timeoutMs', 'maxSyncAgeMs'],
    (name, value) =>
      new UpstashRevocationStore({ url: 'https://db.example', token: 'token', [name]: value } as never),
  ],
}

function expectToldWell(build: () => unknown): void {
  try {
    build()
  } catch (error) {
    expect(error).toBeInstanceOf(CaracalConfigError)
    expect(String(error instanceof Error && error.message)).not.toMatch(/hunter2\b/)
  }
}

describe.each(Object.entries(BUILDS))('%s', (_, [names, build]) => {
  it.each(names)('tells what is wrong with %s, whatever it is', (name) => {
    for (const value of NO_VALUES) expectToldWell(() => build(name, value))
  })

  it('tells what is wrong with random values', () => {
    // fast-check looks into its values, which some of these do not bear: it gets functions that return them.
    const odd = fc.nat(NO_VALUES.length - 1).map((index) => NO_VALUES_AS_FUNCTIONS[index] ?? throwsSecret)
    const values = fc.oneof(
      odd,
      fc.array(odd, { maxLength: 3 }).map((list) => () => list.map((value) => value())),
      fc
        .anything({ withBigInt: true, withDate: true, withMap: true, withSparseArray: true })
        .map((value) => () => value),
    )
    fc.assert(
      fc.property(fc.constantFrom(...names), values, (name, value) => {
        expectToldWell(() => build(name, value()))
      }),
      numRuns(300),
    )
  })
})

it('tells of options that cannot be read at all', () => {
  for (const options of [hostile({}), revoked({}), getter('audience')])
    expect(() => withCaracal(() => new Response(), options as never)).toThrow(CaracalConfigError)
})

it('a database may be written with HTTPS in capitals', () => {
  expect(() => new UpstashRevocationStore({ url: 'HTTPS://db.example', token: 'token' })).not.toThrow()
})
