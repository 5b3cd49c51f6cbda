// With every name that the guard reads on `Object.prototype`, one by one and all together: the same decisions and mistakes.
// @module-tag slow

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  type Denial,
  denialResponse,
  InMemoryRevocationStore,
  type MandateVerifier,
  type RevocationState,
  type RevocationStore,
  withCaracal,
} from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { Hono } from 'hono'
import { decodeJwt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { polluted, temptations } from '../support/pollution.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { createSigner, HEADER } from '../support/signer.ts'

const issuer = createTestIssuer()
const signer = await createSigner(issuer)
const evil = await createSigner(issuer)
const claims = decodeJwt(await issuer.mint())
const options = { ...signer.options, requiredScopes: ['read'] }
const jwks = JSON.stringify(signer.options.keySet.jwks)

/** Signed by the issuer's own key, with claims or header members left out. */
async function without(names: readonly string[], header: object = HEADER): Promise<string> {
  const kept = Object.entries(claims).filter(([name]) => !names.includes(name))
  return signer.sign(JSON.stringify(Object.fromEntries(kept)), JSON.stringify(header))
}

const { alg: _, ...withoutAlg } = HEADER
const { kid: __, ...withoutKid } = HEADER
const TOKENS: Record<string, string> = {
  good: await without([]),
  'of another key': await evil.sign(JSON.stringify(claims)),
  'without alg': await without([], withoutAlg),
  'without kid': await without([], withoutKid),
  'without scope': await without(['scope']),
  'without delegation and agent': await without([
    ...['agent_session_id', 'delegation_edge_id', 'source_session_id', 'target_session_id'],
    ...['delegation_path', 'delegation_chain', 'hop_count', 'delegation_graph_epoch'],
  ]),
  'with a malformed link': await signer.sign(JSON.stringify({ ...claims, delegation_chain: [{}] })),
}
for (const claim of [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'jti',
  'zone_id',
  'client_id',
  'sid',
  'root_sid',
  'use',
  'sub_type',
]) {
  TOKENS[`without ${claim}`] = await without([claim])
}

/** The requests to a guard. All are made in advance, and each result is a string. */
type Question = (guard: MandateVerifier) => Promise<string>

function asked(token: string, path: string, requirements?: object): Question {
  const request = bearer(token, path)
  return async (guard) => {
    const given = requirements === undefined ? ([request] as const) : ([request, requirements] as const)
    const decision = await Reflect.apply(guard.authorize, guard, given)
    if (decision.outcome !== 'admit')
      return decision.outcome === 'deny' ? `${decision.code} ${decision.reason} ${decision.fault}` : 'skip'
    const { sub, scope, agentSessionId, hopCount, notBefore, graphEpoch } = decision.mandate
    return ['admit', sub, scope, agentSessionId, hopCount, notBefore, graphEpoch].join(' ')
  }
}

const good = present(TOKENS.good)
const QUESTIONS: Readonly<Record<string, Question>> = {
  ...Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, asked(token, '/x')])),
  'a stranger': async (guard) => {
    const decision = await guard.authorize(STRANGER)
    return decision.outcome === 'deny' ? decision.reason : decision.outcome
  },
  'an excluded path': asked(good, '/open'),
  'an excluded path, with requirements that ask nothing': asked(good, '/open', {}),
  'a route that asks for more': asked(good, '/admin'),
  'no delegation where some is asked': asked(present(TOKENS['without delegation and agent']), '/x', {
    requireAgent: true,
  }),
  'more scopes': asked(good, '/x', { requiredScopes: ['admin'] }),
}
const STRANGER = anonymous('/x')
const FEW = ['good', 'of another key', 'without kid', 'a stranger', 'an excluded path', 'more scopes']

const guardOptions = { ...options, routes: { '/admin': { requiredScopes: ['admin'] } }, exclude: ['/open'] }

/** Guards with other answers from keys and stores, some of them invalid. */
const GUARDS: Readonly<Record<string, () => CaracalOptions>> = {
  'keys given inline': () => guardOptions,
  'keys that are fetched': () => ({
    ...guardOptions,
    keySet: { fetch: async () => new Response(jwks), cooldownMs: 0 },
  }),
  'a key set without keys': () => ({ ...guardOptions, keySet: { fetch: async () => new Response('{}') } }),
  'a key set with an empty key': () => ({
    ...guardOptions,
    keySet: { fetch: async () => new Response('{"keys":[{}]}') },
  }),
  'a store that answers nothing': () => storing({}),
  'a store that answers half': () => storing({ revoked: false }),
  'a store that answers the other half': () => storing({ delegationEpoch: 0 }),
  'a store that knows a revocation': () => storing({ revoked: true, delegationEpoch: 0 }),
  'a store in memory': () => ({ ...guardOptions, revocations: new InMemoryRevocationStore({}) }),
  'a store in Redis': () => ({
    ...guardOptions,
    revocations: new UpstashRevocationStore({ url: 'https://redis.test', token: 't' }),
  }),
  'several zones': () => ({
    ...guardOptions,
    keySet: { fetch: async () => new Response(jwks) },
    expectedZoneId: ['zone-2', 'zone-1'],
  }),
}

function storing(answer: object): CaracalOptions {
  return { ...guardOptions, revocations: { lookup: () => answer as RevocationState } }
}

/** Configurations that cannot be built, and the messages. */
const MISTAKES: Readonly<Record<string, () => unknown>> = {
  'no options': () => createMandateVerifier({} as CaracalOptions),
  'no audience': () => createMandateVerifier(leaving('audience')),
  'no issuer': () => createMandateVerifier(leaving('issuer')),
  'no zone': () => createMandateVerifier(leaving('expectedZoneId')),
  'no store': () => createMandateVerifier(leaving('revocations')),
  'a store without methods': () => createMandateVerifier({ ...options, revocations: {} as RevocationStore }),
  'a malformed key set': () =>
    createMandateVerifier({ ...options, keySet: { jwks: {} } } as unknown as CaracalOptions),
  'a malformed key': () => createMandateVerifier({ ...options, keySet: { jwks: { keys: [{}] } } }),
  'a key without an id': () =>
    createMandateVerifier({ ...options, keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256' }] } } }),
  'a misspelt option': () => createMandateVerifier({ ...options, required_scopes: [] } as CaracalOptions),
  'an empty route': () =>
    createMandateVerifier({ ...options, routes: { '/a': { requiredScopes: ['a'] }, '/a/b': {} } }),
  'no app': () => guardFetch({}, options),
  'an app': () => guardFetch({ fetch: () => new Response() }, options),
  'Hono without an environment': () => caracal(),
  'malformed requirements': () => requireMandate([] as object),
  'a store without a database': () => new UpstashRevocationStore({} as { url: string; token: string }),
  'no database in the environment': () => UpstashRevocationStore.fromEnv({}),
  'an answer to nothing': () => denialResponse({} as Denial),
  'an answer to half a denial': () =>
    denialResponse({ outcome: 'deny', requiredScopes: [] } as unknown as Denial),
}

function leaving(name: keyof typeof options): CaracalOptions {
  const { [name]: _, ...others } = options
  return others as CaracalOptions
}

/** Whole answers. */
const ANSWERS: Readonly<Record<string, () => Promise<Response>>> = {
  withCaracal: () => withCaracal(() => new Response('handled'), guardOptions)(bearer(good, '/admin')),
  'withCaracal, in an empty environment': async () => {
    const guarded = withCaracal(
      () => new Response('handled'),
      (_env: object) => leaving('audience'),
    )
    return guarded(bearer(good), {})
  },
  guardFetch: async () =>
    guardFetch({ fetch: () => new Response('handled') }, guardOptions).fetch(anonymous()),
  'denialResponse, of no more than is needed': async () => denialResponse(DENIAL as object as Denial),
  Hono: async () => HONO.fetch(bearer(good, '/x'), {}),
}
const DENIAL = {
  ...{ outcome: 'deny', code: 'missing_token', status: 401, description: 'd', hint: 'h', requiredScopes: [] },
}
const HONO = new Hono()
HONO.use(caracal(guardOptions))
HONO.get('/x', requireMandate({ requiredScopes: ['admin'] }), (c) => c.text('handled'))

/** Every decision, mistake and answer, as strings. */
async function everything(
  builtBefore: readonly (readonly [string, MandateVerifier])[],
): Promise<Map<string, string>> {
  const texts = new Map<string, string>()
  const built = Object.entries(GUARDS).map(
    ([name, make]) => [`${name}, built now`, createMandateVerifier(make())] as const,
  )
  for (const [name, guard] of [...builtBefore, ...built]) {
    // Claims and headers do not depend on where keys and revocations come from, so those are tried once.
    const questions = name.startsWith('keys given inline') ? Object.keys(QUESTIONS) : FEW
    for (const question of questions)
      texts.set(`${name}: ${question}`, await present(QUESTIONS[question])(guard))
  }
  for (const [name, make] of Object.entries(MISTAKES)) texts.set(name, mistakeOf(make))
  for (const [name, answer] of Object.entries(ANSWERS)) {
    const response = await answer()
    texts.set(name, `${response.status} ${[...response.headers].join(' ')} ${await response.text()}`)
  }
  return texts
}

function mistakeOf(make: () => unknown): string {
  try {
    make()
    return 'none'
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues.join('\n')
    return error instanceof Error ? error.message : 'no error'
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.')
  return value
}

describe('a member of `Object.prototype` changes nothing:', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  // The Redis: first with a valid answer, then with an invalid one.
  vi.stubGlobal('fetch', async () => new Response('{}'))
  const before = Object.entries(GUARDS).map(
    ([name, make]) => [`${name}, built before`, createMandateVerifier(make())] as const,
  )
  const honest = await everything(before)
  const members = temptations({ keys: evil.options.keySet.jwks?.keys ?? [] })
  /** Names that jose's header check and the platform's `importKey` find on the prototype and refuse. */
  const REFUSED = ['crit', 'd', 'use']

  function expectSame(texts: ReadonlyMap<string, string>): void {
    const differing = [...texts].filter(([name, text]) => text !== honest.get(name))
    expect(differing.map(([name, text]) => ({ name, text, honest: honest.get(name) }))).toEqual([])
  }

  /** Nothing more is admitted: every difference is a refusal. */
  function expectRefusals(texts: ReadonlyMap<string, string>): void {
    const differing = [...texts].filter(([name, text]) => text !== honest.get(name))
    expect(differing.filter(([, text]) => !/^(invalid_token|keys_unavailable|401|503) /.test(text))).toEqual(
      [],
    )
  }

  it('without them, the requests get all kinds of answers', () => {
    const kinds = new Set([...honest.values()].map((text) => text.split(' ')[0]))
    for (const kind of [
      'admit',
      'skip',
      'missing_token',
      'invalid_token',
      'insufficient_scope',
      'agent_required',
      'session_revoked',
      'keys_unavailable',
      'revocation_unavailable',
      '403',
      '401',
      '500',
    ])
      expect([...kinds]).toContain(kind)
    expect(honest.size).toBeGreaterThan(150)
  })

  const others = Object.keys(members).filter((name) => !REFUSED.includes(name))

  it.each(others)('%s', async (name) => {
    expectSame(await polluted({ [name]: members[name] }, () => everything(before)))
  })

  it('all of these together', async () => {
    const together = Object.fromEntries(others.map((name) => [name, members[name]]))
    expectSame(await polluted(together, () => everything(before)))
  })

  it.each([...REFUSED.map((name) => [name]), Object.keys(members)])(
    '%s admits no request',
    async (...names) => {
      const some = Object.fromEntries(names.map((name) => [name, members[name]]))
      expectRefusals(await polluted(some, () => everything(before)))
    },
  )
})
