// What a handler gets when a request is admitted.

import { type CaracalContext, mandateOf, withCaracal } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

describe('the handler is given', () => {
  it('the request itself', async () => {
    const request = bearer(token, '/x', { method: 'POST', body: 'payload' })
    const handler = vi.fn((_: Request) => new Response())
    await withCaracal(handler, issuer.options)(request)
    expect(handler.mock.calls[0]?.[0]).toBe(request)
    expect(request.bodyUsed).toBe(false)
    expect(await request.text()).toBe('payload')
  })

  it('a subclass of Request as it is (env-08)', async () => {
    class PlatformRequest extends Request {
      readonly cookies = { session: 'x' }
    }
    const request = new PlatformRequest(bearer(token))
    const handler = vi.fn((incoming: PlatformRequest) => Response.json(incoming.cookies))
    const response = await withCaracal(handler, issuer.options)(request)
    expect(handler.mock.calls[0]?.[0]).toBe(request)
    expect(await response.json()).toEqual({ session: 'x' })
  })

  it.each([
    { kind: 'an object with url, method and headers', request: rawRequest('/x', token) },
    { kind: 'a proxy around a request', request: proxied(bearer(token)) },
    { kind: 'a frozen object', request: Object.freeze(rawRequest('/x', token)) },
  ])('$kind as it is (env-09)', async ({ request }) => {
    const handler = vi.fn((incoming: Request) => Response.json(mandateOf(incoming)?.sub))
    const response = await withCaracal(handler, issuer.options)(request)
    expect(handler.mock.calls[0]?.[0]).toBe(request)
    expect(await response.json()).toBe('user-1')
  })

  it('the Authorization header with it: a handler that passes the request on must remove it (headers-14)', async () => {
    const handler = (request: Request) => new Response(request.headers.get('authorization'))
    expect(await (await withCaracal(handler, issuer.options)(bearer(token))).text()).toBe(`Bearer ${token}`)
  })

  it('a frozen context with the mandate and its authority, and nothing else', async () => {
    const handler = vi.fn((_: Request, __: CaracalContext) => new Response())
    await withCaracal(handler, issuer.options)(bearer(token))
    const [, context] = handler.mock.calls[0] ?? []
    expect(Object.keys(context ?? {})).toEqual(['caracal', 'authority'])
    expect(Object.isFrozen(context)).toBe(true)
    expect(context?.caracal.sub).toBe('user-1')
  })

  it('every argument of the platform, in order, after the first two', async () => {
    const env = { binding: 1 }
    const execution = { waitUntil: () => undefined }
    const handler = vi.fn((_: Request, __: CaracalContext, ...platform: unknown[]) =>
      Response.json(platform.length),
    )
    await withCaracal(handler, issuer.options)(bearer(token), env, execution, 'more')
    expect(handler.mock.calls[0]?.slice(2)).toEqual([env, execution, 'more'])
    expect(handler.mock.calls[0]?.[2]).toBe(env)
    expect(handler.mock.calls[0]?.[3]).toBe(execution)
  })

  it('no argument that the platform did not pass', async () => {
    const handler = vi.fn((..._: readonly unknown[]) => new Response())
    await withCaracal(handler, issuer.options)(bearer(token))
    expect(handler.mock.calls[0]).toHaveLength(2)
  })

  it('undefined as the mandate on an excluded path, even with a valid token', async () => {
    const handler = vi.fn((_: Request, __: CaracalContext<['/open']>) => new Response())
    const guarded = withCaracal(handler, { ...issuer.options, exclude: ['/open'] })
    await guarded(bearer(token, '/open'))
    await guarded(anonymous('/open/x'))
    expect(handler.mock.calls.map(([, context]) => context)).toEqual([
      { caracal: undefined, authority: undefined },
      { caracal: undefined, authority: undefined },
    ])
    expect(Object.isFrozen(handler.mock.calls[0]?.[1])).toBe(true)
  })
})

describe('the mandate', () => {
  it('has every claim of the token under its own name', async () => {
    const full = await issuer.mint({
      claims: {
        sub: 'user-7',
        sub_type: 'application',
        client_id: 'app-7',
        aud: ['resource://other', 'resource://api'],
        jti: 'jti-7',
        sid: 'sid-7',
        root_sid: 'root-7',
        scope: ' read  write read ',
        target: ['resource://a', 'resource://b'],
        agent_session_id: 'agent-7',
        delegation_edge_id: 'edge-2',
        source_session_id: 'agent-6',
        target_session_id: 'agent-7',
        delegation_path: ['edge-1', 'edge-2'],
        delegation_chain: [
          { application_id: 'app-5', agent_session_id: 'agent-5', delegation_edge_id: 'edge-1' },
          { application_id: 'app-6', agent_session_id: '', delegation_edge_id: null, more: 'ignored' },
        ],
        hop_count: 2,
        delegation_graph_epoch: 8,
        nbf: 1_700_000_000,
        more: 'ignored',
      },
    })
    const { iat, exp } = decodeJwt(full)
    expect(await mandateFrom(full)).toStrictEqual({
      sub: 'user-7',
      subType: 'application',
      clientId: 'app-7',
      issuer: 'https://sts.test',
      audience: ['resource://other', 'resource://api'],
      zoneId: 'zone-1',
      jti: 'jti-7',
      sid: 'sid-7',
      rootSid: 'root-7',
      use: 'resource',
      scope: ' read  write read ',
      scopes: ['read', 'write'],
      targetResources: ['resource://a', 'resource://b'],
      agentSessionId: 'agent-7',
      delegationEdgeId: 'edge-2',
      sourceSessionId: 'agent-6',
      targetSessionId: 'agent-7',
      delegationPath: ['edge-1', 'edge-2'],
      delegationChain: [
        { applicationId: 'app-5', agentSessionId: 'agent-5', delegationEdgeId: 'edge-1' },
        { applicationId: 'app-6', agentSessionId: undefined, delegationEdgeId: undefined },
      ],
      hopCount: 2,
      graphEpoch: 8,
      issuedAt: iat,
      notBefore: 1_700_000_000,
      expiresAt: exp,
    })
  })

  it('has undefined, 0, an empty string or an empty list for a claim that the token does not have', async () => {
    const bare: MandateDepartures = {
      agent: false,
      scopes: [],
      claims: { target: undefined, aud: 'resource://api' },
    }
    expect(await mandateFrom(await issuer.mint(bare))).toMatchObject({
      audience: ['resource://api'],
      scope: '',
      scopes: [],
      targetResources: [],
      agentSessionId: undefined,
      delegationEdgeId: undefined,
      sourceSessionId: undefined,
      targetSessionId: undefined,
      delegationPath: [],
      delegationChain: [],
      hopCount: 0,
      graphEpoch: undefined,
      notBefore: undefined,
    })
  })

  it.each([
    { title: 'with everything in it', departures: {} },
    { title: 'with an audience of one', departures: { claims: { aud: 'resource://api' } } },
    { title: 'with empty lists', departures: { agent: false, claims: { target: undefined } } as const },
  ])('is deeply frozen, $title (concurrency-isolation-06)', async ({ departures }) => {
    expect(thawedParts(await mandateFrom(await issuer.mint(departures)))).toEqual([])
  })
})

async function mandateFrom(mandate: string): Promise<unknown> {
  const handler = vi.fn((_: Request, __: CaracalContext) => new Response())
  await withCaracal(handler, issuer.options)(bearer(mandate))
  return handler.mock.calls[0]?.[1].caracal
}

/** The parts of a value that can still be changed. */
function thawedParts(value: unknown, where = 'mandate'): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const members = Object.entries(value).flatMap(([name, member]) => thawedParts(member, `${where}.${name}`))
  return Object.isFrozen(value) ? members : [where, ...members]
}

/** Passes on every member of a request, as wrappers of frameworks do. */
function proxied(request: Request): Request {
  return new Proxy(request, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
}
