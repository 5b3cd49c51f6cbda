// `conformance`: our guard passes in this runtime without a network, flaws of a guard are found, and mistakes are named.

import { withCaracal } from 'caracal-edge'
import { type ConformanceSettings, conformance } from 'caracal-edge/testing'
import { base64url } from 'jose'
import { beforeAll, describe, expect, it, vi } from 'vitest'

type Handler = (request: Request, context: { readonly caracal?: unknown }) => Response
type Guard = (request: Request) => Promise<Response>

/** The options of a case may be wrong. */
const guardWith = withCaracal as unknown as (handler: Handler, options: unknown) => Guard

const UNSUPPORTED = {
  upstash: 'the store is an object here',
  environment: 'the environment of a runtime is not a test to change',
}

function make(
  { handler, options, given }: ConformanceSettings,
  change: (answer: Response) => Response = (a) => a,
): Guard {
  const guarded = guardWith(
    (request, { caracal }) => handler(request, caracal),
    given === 'function' ? () => options : options,
  )
  return async (request) => change(await guarded(request))
}

const checks = conformance((settings) => make(settings), { unsupported: UNSUPPORTED })

/** One of each kind; test/conformance has all of them. */
const SOME = new Set([
  ...[
    'jose-header-02',
    'jose-header-04',
    'jose-header-04-2',
    'own-signature-02',
    'own-signature-03',
    'signature-11',
  ],
  ...['signature-14-warm', 'claims-01', 'claims-21', 'claims-35', 'own-payload-01', 'scope-14', 'epoch-03'],
  ...[
    'revocation-01',
    'store-faults-02',
    'store-faults-05',
    'own-store-09',
    'own-store-10',
    'jwks-faults-02',
  ],
  ...[
    'own-keys-01',
    'own-keys-03',
    'own-keys-04',
    'resource-exhaustion-10',
    'config-01',
    'config-01-by-function',
  ],
  ...[
    'path-route-exclude-06',
    'headers-01',
    'own-request-02',
    'methods-cors-01',
    'agent-04',
    'own-claims-05',
  ],
  ...['own-memory-01', 'own-memory-02', 'own-together-01'],
])

it('a runtime with one signature for each text does not keep it signing', async () => {
  const sign = crypto.subtle.sign.bind(crypto.subtle)
  const known = new Map<string, ArrayBuffer>()
  const spy = vi.spyOn(crypto.subtle, 'sign').mockImplementation(async (algorithm, key, data) => {
    const text = new TextDecoder().decode(data)
    let signature = known.get(text) ?? (await sign(algorithm, key, data))
    // The first one looks the same in both alphabets.
    while (known.size === 0 && /[-_]/.test(base64url.encode(new Uint8Array(signature)))) {
      signature = await sign(algorithm, key, data)
    }
    known.set(text, signature)
    return signature
  })
  for (const { id, check } of checks) if (id === 'signature-11') await check()
  spy.mockRestore()
  expect(known.size).toBeGreaterThan(1)
})

describe('our guard, without a network', () => {
  beforeAll(() => {
    for (const method of ['error', 'warn'] as const) vi.spyOn(console, method).mockImplementation(() => {})
  })
  const some = checks.filter(({ id }) => SOME.has(id))

  it('is asked for one of each kind', () => {
    expect(some.map(({ id }) => id).sort()).toEqual([...SOME].sort())
  })

  it.concurrent.each(some)('$title', { timeout: 20_000 }, ({ check }) => check())
})

describe('a check', () => {
  it('that is skipped says why, and cannot pass', async () => {
    const skipped = checks.filter((each) => each.skipped !== undefined)
    expect(skipped.length).toBeGreaterThan(30)
    expect(new Set(skipped.map((each) => each.skipped))).toEqual(new Set(Object.values(UNSUPPORTED)))
    await expect(skipped[0]?.check()).rejects.toThrow(`Not checked: ${skipped[0]?.skipped}`)
  })

  it('is skipped exactly where it needs what is not supported', () => {
    for (const { features, skipped } of checks) {
      expect(skipped !== undefined).toBe(features.includes('upstash') || features.includes('environment'))
    }
  })

  it('has a name of its own and cannot be changed', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length)
    expect(checks.filter((each) => !Object.isFrozen(each))).toEqual([])
  })
})

describe('a flaw of a guard is found:', () => {
  /** What the check with this id says of a guard. */
  async function said(id: string, makeHandler: Parameters<typeof conformance>[0]): Promise<string> {
    const check = conformance(makeHandler).find((each) => each.id === id)
    if (check === undefined) throw new Error(`There is no check ${id}`)
    const error: unknown = await check.check().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    return error instanceof Error ? error.message : 'passed'
  }
  const edited = (change: (answer: Response) => Response) => (settings: ConformanceSettings) =>
    make(settings, change)
  /** Nothing is asked about a token a second time. */
  const remembering = (settings: ConformanceSettings): Guard => {
    const guarded = make(settings)
    const admitted = new Set<string | null>()
    return async (request) => {
      const token = request.headers.get('authorization')
      if (admitted.has(token)) return settings.handler(request, Object.freeze({}))
      const answer = await guarded(request)
      if (answer.ok) admitted.add(token)
      return answer
    }
  }
  const withHeader = (name: string, value: string) =>
    edited((answer) => {
      const headers = new Headers(answer.headers)
      headers.set(name, value)
      return new Response(answer.body, { status: answer.status, headers })
    })

  it.each<{ flaw: string; id: string; guard: Parameters<typeof conformance>[0]; says: string }>([
    {
      flaw: 'it admits everything',
      id: 'jose-header-02',
      guard:
        ({ handler }) =>
        (request) =>
          handler(request, Object.freeze({})),
      says: 'must be refused (401 invalid_token), but it was admitted',
    },
    {
      flaw: 'it refuses everything',
      id: 'claims-01',
      guard: () => () => new Response('{"error":"invalid_token"}', { status: 401 }),
      says: 'but it was refused: 401 invalid_token',
    },
    {
      flaw: 'it admits without the handler',
      id: 'claims-01',
      guard: () => () => new Response('the handler was here'),
      says: 'it ran 0 times for 1',
    },
    {
      flaw: 'it changes the answer of the handler',
      id: 'claims-01',
      guard: edited(() => new Response('changed')),
      says: "handler's answer must come back unchanged",
    },
    {
      flaw: 'its mandate can be changed',
      id: 'claims-01',
      guard: ({ handler, options }) => guardWith((request) => handler(request, {}), options),
      says: 'must be frozen',
    },
    {
      flaw: 'it throws',
      id: 'headers-01',
      guard: () => () => Promise.reject(new RangeError('no')),
      says: 'it threw RangeError',
    },
    {
      flaw: 'it answers 500',
      id: 'headers-01',
      guard: () => () => new Response('', { status: 500 }),
      says: 'never answer 500',
    },
    {
      flaw: 'its refusals are not in the form of the protocol',
      id: 'headers-01',
      guard: withHeader('cache-control', 'max-age=60'),
      says: 'the Cache-Control is no-store',
    },
    {
      flaw: 'a secret is in an answer',
      id: 'jose-header-02',
      guard: (settings) => withHeader('x-store', settings.secrets.at(-1) ?? '')(settings),
      says: 'is in an answer or an event',
    },
    {
      flaw: 'it asks the store before it knows the signature',
      id: 'response-hygiene-13',
      guard: (settings) => {
        const guarded = make(settings)
        return async (request) => {
          await settings.revocations.lookup({ anchors: ['sid-1'], zoneId: undefined })
          return guarded(request)
        }
      },
      says: 'must not ask the store',
    },
    {
      flaw: 'it follows what a token names',
      id: 'jose-header-11',
      guard: (settings) => {
        const guarded = make(settings)
        return async (request) => {
          await settings.fetch(`${settings.issuer}/elsewhere/jwks.json`)
          return guarded(request)
        }
      },
      says: 'no place that a token or a redirect names',
    },
    {
      flaw: 'it ignores wrong options',
      id: 'agent-05',
      guard: (settings) => make({ ...settings, options: { ...settings.options, requireAgent: true } }),
      says: 'must refuse to be made with these options',
    },
    {
      flaw: 'its maker fails',
      id: 'agent-05',
      guard: () => {
        throw new TypeError('a slip')
      },
      says: 'makeHandler failed',
    },
    {
      flaw: 'its maker gives nothing',
      id: 'claims-01',
      guard: () => undefined as never,
      says: 'makeHandler failed',
    },
    {
      flaw: 'it remembers whom it has admitted, and forgets revocations',
      id: 'own-memory-01',
      guard: remembering,
      says: '401 session_revoked), but it was admitted',
    },
    {
      flaw: 'it remembers whom it has admitted, and does not notice an outage',
      id: 'own-memory-01-5',
      guard: remembering,
      says: '503 revocation_unavailable), but it was admitted',
    },
    {
      flaw: 'it remembers whom it has admitted, wherever that was',
      id: 'own-memory-02',
      guard: remembering,
      says: '403 insufficient_scope), but it was admitted',
    },
    {
      flaw: 'its requests share a place for the mandate',
      id: 'own-together-01',
      guard: ({ handler, options }) => {
        let last: unknown
        const guarded = guardWith((_request, { caracal }) => {
          last = caracal
          return new Response()
        }, options)
        return async (request) => {
          const answer = await guarded(request)
          return answer.ok ? handler(request, last) : answer
        }
      },
      says: 'the mandate of its own request',
    },
    {
      flaw: 'it tells of no decision, though it took the listener',
      id: 'headers-01',
      guard: ({ options, ...settings }) => make({ ...settings, options: { ...options, onDecision() {} } }),
      says: 'one event for each request, not 0',
    },
  ])('$flaw', async ({ id, guard, says }) => {
    expect(await said(id, guard)).toContain(says)
  })

  it('but not that it tells of no decision, if it never took the listener', async () => {
    const silent = await said('headers-01', ({ options, ...settings }) => {
      const { issuer, audience, zoneId: expectedZoneId, revocations, fetch } = settings
      return make({
        ...settings,
        options: { issuer, audience, expectedZoneId, revocations, keySet: { fetch } },
      })
    })
    expect(silent).toBe('passed')
  })

  it('and it is closed after each case', async () => {
    let closed = 0
    const close = () => {
      closed += 1
    }
    expect(await said('claims-01', (settings) => ({ fetch: make(settings), close }))).toBe('passed')
    expect(closed).toBe(1)
  })
})

describe('a mistake in the arguments is named:', () => {
  it.each([
    { given: [undefined], says: 'takes a function' },
    { given: [{ fetch: () => {} }], says: 'takes a function' },
    { given: [() => {}, undefined], says: 'must be an object' },
    { given: [() => {}, { unsuported: {} }], says: 'are unsupported and origin' },
    { given: [() => {}, { unsupported: ['routes'] }], says: 'features and reasons' },
    { given: [() => {}, { unsupported: { route: 'x' } }], says: 'The features are' },
    { given: [() => {}, { unsupported: { routes: '' } }], says: 'unsupported.routes must say why' },
    { given: [() => {}, { unsupported: { routes: true } }], says: 'unsupported.routes must say why' },
    { given: [() => {}, { origin: 'http://127.0.0.1:1/x' }], says: 'origin of a server' },
    { given: [() => {}, { origin: 8080 }], says: 'origin of a server' },
  ])('$says', ({ given, says }) => {
    expect(() => Reflect.apply(conformance, undefined, given)).toThrow(says)
  })
})
