// Session ids that were issued to somebody else, and the name of who calls.

import { type Mandate, mandateOf } from 'caracal-edge'
import { principalOf, toAuthInfo } from 'caracal-edge/mcp'
import { describe, expect, it } from 'vitest'
import {
  call,
  errorIn,
  type GuardedServer,
  mandate,
  message,
  post,
  RESOURCE,
  serverWith,
} from '../support/mcp.ts'

const ALICE = { claims: { sub: 'alice' } }
const MALLORY = { claims: { sub: 'mallory' } }

/** A server that issues these ids, one after the other. */
function issuing(...ids: readonly string[]): GuardedServer {
  const left = [...ids]
  return serverWith({ tools: { a: {} } }, ({ mcp }) => {
    const id = JSON.stringify(mcp.parsedBody ?? {}).includes('"initialize"') ? left.shift() : undefined
    return new Response(null, { headers: id === undefined ? {} : { 'mcp-session-id': id } })
  })
}

async function start({ fetch }: GuardedServer, departures: object): Promise<void> {
  await fetch(await post(message('initialize'), { token: await mandate(departures) }))
}

async function use(
  { fetch }: GuardedServer,
  id: string,
  departures: object,
  method = 'POST',
): Promise<Response> {
  const token = await mandate(departures)
  const headers = { 'mcp-session-id': id }
  if (method === 'POST') return fetch(await post(call('a'), { token, headers }))
  return fetch(new Request(RESOURCE, { method, headers: { ...headers, authorization: `Bearer ${token}` } }))
}

describe('a session id', () => {
  it.each(['POST', 'GET', 'DELETE'])('of another principal is a 404 for %s', async (method) => {
    const server = issuing('s-1')
    await start(server, ALICE)
    const response = await use(server, 's-1', MALLORY, method)
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([404, 'unknown_session'])
    expect(server.served).toHaveLength(1)
    expect((await use(server, 's-1', ALICE, method)).status).toBe(200)
  })

  it.each([
    { who: 'another subject', claims: { sub: 'mallory' } },
    { who: 'another client', claims: { sub: 'alice', client_id: 'app-2' } },
  ])('of $who is a 404, and of the same with a new mandate it is not', async ({ claims }) => {
    const server = issuing('s-1')
    await start(server, ALICE)
    expect((await use(server, 's-1', { claims })).status).toBe(404)
    expect((await use(server, 's-1', { claims: { sub: 'alice', jti: 'new', scope: 'read' } })).status).toBe(
      200,
    )
  })

  // A database that compares without case, or keeps UUIDs as such, would find the session.
  it.each([
    { issued: 'aBc-1', sent: 'AbC-1' },
    { issued: '0f8fad5b-d9cb-469f-a165-70867728950e', sent: '0F8FAD5B-D9CB-469F-A165-70867728950E' },
    { issued: '0f8fad5b-d9cb-469f-a165-70867728950e', sent: '0f8fad5bd9cb469fa16570867728950e' },
    { issued: '0f8fad5b-d9cb-469f-a165-70867728950e', sent: '{0f8fad5b-d9cb469f-a165-70867728950E}' },
    { issued: '0F8FAD5BD9CB469FA16570867728950E', sent: 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e' },
  ])('$issued of another principal is a 404 as $sent too', async ({ issued, sent }) => {
    const server = issuing(issued)
    await start(server, ALICE)
    expect((await use(server, sent, MALLORY)).status).toBe(404)
    expect((await use(server, issued, ALICE)).status).toBe(200)
  })

  // Three as PostgreSQL and Python read a UUID, three as .NET, two as Java, and one each as Go and SQL Server.
  it.each([
    '0a8f-ad5b-00cb-469f-a165-7086-7728-950e',
    '0a8fad5b-00cb-469fa165-7086-7728950e',
    '0a8f-ad5b00cb469fa165-7086-7728-950e',
    '(0A8FAD5B-00CB-469F-A165-70867728950E)',
    '+a8fad5b-0xcb-469f-a165-70867728950e',
    '{0xa8fad5b,0xcb,0x469f,{0xa1,0x65,0x70,0x86,0x77,0x28,0x95,0xe}}',
    'a8fad5b-cb-469f-a165-70867728950e',
    '00a8fad5b-0cb-469f-a165-70867728950e',
    'x0a8fad5b-00cb-469f-a165-70867728950ex',
    '0a8fad5b-00cb-469f-a165-70867728950e/more',
  ])('that is a UUID of another principal is a 404 as %s too', async (sent) => {
    const issued = '0a8fad5b-00cb-469f-a165-70867728950e'
    const server = issuing(issued)
    await start(server, ALICE)
    const response = await use(server, sent, MALLORY)
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([404, 'unknown_session'])
    expect((await use(server, sent, ALICE)).status).toBe(200)
  })

  it.each([
    { issued: '', sent: 's-1' },
    { issued: '1', sent: '01' },
    { issued: '1-2-3-4-5', sent: '01-2-3-4-5' },
    {
      issued: '0a8fad5b-00cb-469f-a165-70867728950e:1',
      sent: '0a8fad5b-00cb-469f-a165-70867728950e:2',
    },
    { issued: '0a8fad5b-00cb-469f-a165-70867728950e', sent: '0a8fad5b-00cb-469f-a165-70867728950f' },
  ])('$issued is not the same as $sent', async ({ issued, sent }) => {
    const server = issuing(issued)
    await start(server, ALICE)
    expect((await use(server, sent, MALLORY)).status).toBe(200)
  })

  it('with hyphens in other places is another one, unless it is a UUID', async () => {
    const server = issuing('s-1-23')
    await start(server, ALICE)
    expect((await use(server, 's-12-3', MALLORY)).status).toBe(200)
  })

  it('that this isolate has not seen is left to the server', async () => {
    const server = issuing('s-1')
    await start(server, ALICE)
    expect((await use(server, 's-2', MALLORY)).status).toBe(200)
  })

  it('belongs to whom it was issued first', async () => {
    const server = issuing('s-1', 's-1')
    await start(server, ALICE)
    await start(server, MALLORY)
    expect([(await use(server, 's-1', ALICE)).status, (await use(server, 's-1', MALLORY)).status]).toEqual([
      200, 404,
    ])
  })

  it('in the answer to anything but initialize is not one that was issued', async () => {
    const server = serverWith(
      { tools: { a: {} } },
      () => new Response(null, { headers: { 'mcp-session-id': 's-1' } }),
    )
    await server.fetch(await post(call('a'), { token: await mandate(ALICE) }))
    expect((await use(server, 's-1', MALLORY)).status).toBe(200)
  })

  it.each(['s 1', 's-1, s-2', 's\t1', 'sé', ''])('%j is none', async (id) => {
    const server = issuing('s-1')
    const response = await use(server, id, ALICE)
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([400, 'invalid_session_id'])
  })

  it('is forgotten only for newer ones of the same principal, who may have 100', async () => {
    const ids = Array.from({ length: 102 }, (_, index) => `m-${index}`)
    const server = issuing('s-1', ...ids)
    await start(server, ALICE)
    for (const _ of ids) await start(server, MALLORY)
    const statuses = await Promise.all(
      ['s-1', 'm-2', 'm-101'].map(async (id) => (await use(server, id, { claims: { sub: 'bob' } })).status),
    )
    expect(statuses).toEqual([404, 404, 404])
    expect((await use(server, 'm-1', { claims: { sub: 'bob' } })).status).toBe(200)
  })

  it('takes no more memory than is allowed, however long the ids are', async () => {
    const ids = Array.from({ length: 60 }, (_, index) => `${index}-${'x'.repeat(100_000)}`)
    const server = issuing(...ids)
    for (const index of ids.keys()) await start(server, { claims: { sub: `user-${index % 2}` } })
    const known = await Promise.all(
      ids.map(async (id) => (await use(server, id, { claims: { sub: 'bob' } })).status === 404),
    )
    expect([known.at(0), known.at(-1)]).toEqual([false, true])
    expect(known.filter(Boolean).length * 100_000).toBeLessThanOrEqual(4_194_304)
  })
})

describe('principalOf', () => {
  const principal = async (claims: object) => {
    const { fetch, served } = serverWith()
    await fetch(await post(message('ping'), { token: await mandate({ claims: { ...claims } }) }))
    const mandated = served[0] && mandateOf(served[0].request)
    if (mandated === undefined) throw new Error('Not admitted.')
    return mandated
  }

  it('is the JSON of issuer, zone, subject and client', async () => {
    const mandated = await principal({ sub: 'a","b' })
    const { issuer, zoneId, clientId } = mandated
    expect(principalOf(mandated)).toBe(JSON.stringify([issuer, zoneId, 'a","b', clientId]))
  })

  it('is another one wherever a part is, and the same for everything else', async () => {
    const base = await principal({})
    const names = [
      base,
      ...[{ issuer: 'https://other' }, { zoneId: 'z' }, { sub: 's' }, { clientId: 'c' }].map((part) => ({
        ...base,
        ...part,
      })),
      ...[
        { sub: 'a', clientId: 'b' },
        { sub: 'a,b', clientId: 'c' },
      ].map((part) => ({ ...base, ...part })),
    ].map(principalOf)
    expect(new Set(names).size).toBe(names.length)
    const more = { ...base, jti: 'x', sid: 'y', scopes: [], issuer: `${base.issuer}/` }
    expect(principalOf(more)).toBe(principalOf(base))
  })

  it.each([
    undefined,
    null,
    {},
    { issuer: 'i', zoneId: 'z', sub: 's' },
    { issuer: 'i', zoneId: 'z', sub: '', clientId: 'c' },
  ])('of %j throws', (given) => expect(() => principalOf(given as unknown as Mandate)).toThrow(TypeError))

  it('does not depend on toJSON of Array.prototype', async () => {
    const base = await principal({})
    const expected = principalOf(base)
    Object.defineProperty(Array.prototype, 'toJSON', { value: () => 'all', configurable: true })
    try {
      expect(principalOf(base)).toBe(expected)
    } finally {
      Reflect.deleteProperty(Array.prototype, 'toJSON')
    }
  })

  it('and toAuthInfo have the same mandate', async () => {
    const base = await principal({})
    expect(toAuthInfo(base, 'token')).toEqual({
      ...{ token: 'token', clientId: base.clientId, scopes: [...base.scopes], expiresAt: base.expiresAt },
      extra: { caracal: base },
    })
    expect(toAuthInfo(base, 'token').scopes).not.toBe(base.scopes)
  })
})
