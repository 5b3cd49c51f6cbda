// Whatever request comes, its event tells no secret, and whatever a listener does, the answer is the same.

import { type CaracalOptions, type DecisionEvent, type DecisionObserver, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { beforeEach, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'

vi.setConfig({ testTimeout: 60_000 })

const issuer = createTestIssuer()
const ANCHORS = {
  ...{ sid: 'sid-of-this-test', root_sid: 'root-of-this-test' },
  ...{ agent_session_id: 'agent-of-this-test', delegation_edge_id: '0af7651916cd43dd8448eb211c80319c' },
}
const TOKENS = await Promise.all(
  [{}, { expired: true }, { audience: 'resource://other' }, { key: 'forged' }, { key: 'unknown' }].map(
    (one) => issuer.mint({ ...(one as object), claims: ANCHORS }),
  ),
)
const SECRETS = [
  ...Object.values(ANCHORS),
  ...TOKENS.flatMap((token) => token.split('.').slice(1)),
  'hunter22',
]

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue()
  return () => vi.restoreAllMocks()
})

/** Parts of a token in the form of a request id. */
function piecesOf(one: string): readonly string[] {
  return [one.slice(-64), one.split('.')[1]?.slice(3, 60) ?? '', one.slice(-8)]
}

const token = fc.constantFrom(...TOKENS)
/** What a client may write into any header. */
const text = fc.oneof(
  fc.string({ maxLength: 80 }).filter((one) => /^[\x20-\x7e]*$/.test(one)),
  token,
  token.map(piecesOf).chain((pieces) => fc.constantFrom(...pieces)),
  fc.constantFrom(...Object.values(ANCHORS), 'hunter22', '12345678'),
  fc.constantFrom(...Object.values(ANCHORS)).map((anchor) => `00-${anchor}-b7ad6b7169203331-01`),
)
const headers = fc.record(
  {
    authorization: fc.oneof(
      token.map((one) => `Bearer ${one}`),
      text.map((one) => `Bearer ${one}`),
      fc.constant('Basic hunter22'),
    ),
    'x-request-id': text,
    'cf-ray': text,
    traceparent: text,
    cookie: fc.constant('session=hunter22'),
  },
  { requiredKeys: ['authorization', 'cookie'] },
)
const method = fc.constantFrom('GET', 'POST', 'DELETE', 'PROPFIND')
const path = fc.oneof(fc.constantFrom('/', '/payouts', '/Payouts/7', '/open'), fc.webPath({ size: 'small' }))

/** One for each kind of answer that must be among them. */
const EXAMPLES = [
  ...TOKENS.map((one) => ({ one, to: '/payouts' })),
  ...[
    { one: 'hunter22', to: '/payouts' },
    { one: TOKENS[0], to: '/open' },
  ],
].map(({ one, to }) => ({
  headers: { authorization: `Bearer ${one}`, cookie: 'session=hunter22' } as const,
  ...({ method: 'GET', path: to, listener: 'none' } as const),
}))

const LISTENERS: Readonly<Record<string, (event: DecisionEvent) => unknown>> = {
  none: () => undefined,
  throws: () => {
    throw new Error('of the listener')
  },
  rejects: () => Promise.reject(new Error('of the listener')),
  hangs: () => new Promise(() => {}),
  mutates: (event) => {
    for (const name of [...Object.keys(event), 'more']) {
      try {
        Object.assign(event, { [name]: 'changed' })
      } catch {
        // It is frozen.
      }
    }
    if (event.outcome === 'deny') Reflect.set(event.requiredScopes, 0, 'changed')
  },
}

it('an event is frozen JSON without secrets, and no listener changes an answer', async () => {
  const requests = fc.record({ headers, method, path, listener: fc.constantFrom(...Object.keys(LISTENERS)) })
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(requests, async ({ listener, path: to, ...init }) => {
      const own = TOKENS.filter((one) => init.headers.authorization.includes(one))
      // Without its token, an anchor is a text like any other.
      const secrets = [
        ...SECRETS.filter((one) => own.length > 0 || !Object.values(ANCHORS).includes(one)),
        ...own.flatMap(piecesOf),
      ]
      const events: DecisionEvent[] = []
      const options: CaracalOptions = {
        ...issuer.options,
        requiredScopes: ['read'],
        routes: { '/payouts': { requiredScopes: ['payouts'] } },
        exclude: ['/open'],
      }
      const onDecision = ((event) => {
        events.push(event)
        return LISTENERS[listener]?.(event)
      }) as DecisionObserver
      const request = () => new Request(`https://api.test${to}`, init)
      const handler = () => new Response('handled')
      const answer = await withCaracal(handler, { ...options, onDecision })(request())
      const expected = await withCaracal(handler, options)(request())
      expect([answer.status, ...answer.headers, await answer.text()]).toEqual([
        ...[expected.status, ...expected.headers, await expected.text()],
      ])
      const [event, ...others] = events
      if (event === undefined) throw new Error('Every request is an event.')
      expect(others).toEqual([])
      expect(Object.isFrozen(event)).toBe(true)
      const json = JSON.stringify(event)
      const whole = Object.entries(event).filter(([, value]) => value !== undefined)
      expect(JSON.parse(json)).toEqual(Object.fromEntries(whole))
      for (const secret of secrets) expect(json).not.toContain(secret)
      seen.add(event.outcome === 'deny' ? event.reason : event.outcome)
    }),
    {
      numRuns: Math.max(numRuns(100).numRuns, EXAMPLES.length),
      examples: EXAMPLES.map((one): [typeof one] => [one]),
    },
  )
  expect([...seen]).toEqual(
    expect.arrayContaining(['skip', 'malformed', 'bad_signature', 'expired', 'insufficient_scope']),
  )
})
