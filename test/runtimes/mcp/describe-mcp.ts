// Real clients against real servers behind the guard, in one runtime: the same cases for every pair.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningProgram } from '../../examples/support/running-program.ts'
import { skip } from '../describe-runtime.ts'
import { type AuthorizationServer, clientIdFor, startAuthorizationServer } from './authorization-server.ts'
import { CLIENTS, type ClientKind, type Credentials, type McpClient } from './clients.ts'

interface Server {
  readonly server: string
  readonly hasSessions: boolean
}

const SERVERS: readonly Server[] = [
  { server: 'v2', hasSessions: false },
  { server: 'mcp-handler', hasSessions: false },
  { server: 'v2-sessions', hasSessions: true },
  { server: 'v1-sessions', hasSessions: true },
  { server: 'hono', hasSessions: true },
]

/** The subject of mandates that must not run a tool. */
const REFUSED = 'user-refused'

const ALL_SCOPES = 'read pay audit'

type Departures = Parameters<typeof clientIdFor>[0]

interface Kit {
  readonly at: AuthorizationServer
  readonly url: string
  /** A client of a kind, with mandates of its own. It is closed after the test. */
  open(departures?: Departures, more?: Partial<Credentials>): Promise<McpClient>
}

/** @param missing why the runtime cannot be had on this machine */
export function describeMcp(
  name: string,
  command: string | (() => Promise<string>),
  missing: string | undefined,
  servers: readonly Server[] = SERVERS,
  prefix = '',
): void {
  if (missing !== undefined) {
    skip(name, missing)
    return
  }
  describe(name, () => {
    let at: AuthorizationServer | undefined
    let program: RunningProgram | undefined
    let place = ''
    beforeAll(async () => {
      at = await startAuthorizationServer()
      program = new RunningProgram(typeof command === 'string' ? command : await command(), {
        CARACAL_STS_URL: at.url,
        CARACAL_ZONE_ID: at.zoneId,
        CARACAL_AUDIENCE: at.audience,
      })
      const [origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
      place = origin + prefix
    }, 180_000)
    afterAll(async () => {
      await program?.stop()
      await at?.close()
    })

    for (const { server, hasSessions } of servers) {
      for (const kind of CLIENTS) {
        describe(`server ${server}, client ${kind.name}`, () => {
          const using = (use: (kit: Kit) => Promise<void>) => async () => {
            if (at === undefined) throw new Error('Nothing was started.')
            at.asked()
            const opened: McpClient[] = []
            const kit = kitFor(at, `${place}/${server}`, kind, opened)
            try {
              await use(kit)
            } finally {
              await Promise.all(opened.map((client) => client.close()))
            }
          }
          casesFor(kind, using)
          if (hasSessions) test("a stolen session id is nobody's", using(stolenSession))
          if (hasSessions) test('revoked in mid-session: its own stream ends', using(streamOfSession))
          if (!hasSessions && kind.isModern) test('revoked while it listens: that ends', using(listening))
        })
      }
    }

    test('no tool has run for a mandate that did not suffice', async () => {
      const ran: string[] = await (await fetch(`${place}/ran`)).json()
      expect(ran.filter((line) => line.includes(REFUSED))).toEqual([])
      // Each was called by every pair at least.
      expect(ran.length).toBeGreaterThan(servers.length * CLIENTS.length * 4)
    })
  })
}

function kitFor(at: AuthorizationServer, url: string, kind: ClientKind, opened: McpClient[]): Kit {
  return {
    at,
    url,
    async open(departures = {}, more = {}) {
      const client = await kind.connect(url, {
        clientId: clientIdFor(departures),
        clientSecret: 'secret',
        expectedIssuer: at.url,
        scope: 'read',
        ...more,
      })
      opened.push(client)
      return client
    },
  }
}

function casesFor(kind: ClientKind, using: (use: (kit: Kit) => Promise<void>) => () => Promise<void>): void {
  test(
    'a client that knows the URL alone finds out where mandates come from',
    using(async ({ at, url, open }) => {
      const client = await open()
      expect(await client.call('whoami')).toBe('whoami for user-1')
      const [asked, ...again] = at.asked()
      expect([asked?.get('resource'), asked?.get('scope'), again.length]).toEqual([url, 'read', 0])
      expect(await client.tools()).toEqual(expect.arrayContaining(['whoami', 'pay', 'unlisted']))
    }),
  )

  test.each([
    { tool: 'pay', departures: {}, scope: ALL_SCOPES },
    { tool: 'delegated', departures: { hops: 1 }, scope: 'read' },
    { tool: 'near', departures: { hops: 1 }, scope: 'read' },
  ])('$tool is admitted', ({ tool, departures, scope }) =>
    using(async ({ open }) => {
      expect(await (await open(departures, { scope })).call(tool)).toBe(`${tool} for user-1`)
    })(),
  )

  test.each([
    { tool: 'delegated', departures: { hops: 0 }, says: 'delegation_required' },
    { tool: 'near', departures: { hops: 2 }, says: 'hop_count_exceeded' },
    { tool: 'unlisted', departures: {}, says: 'unlisted_tool' },
  ])('$tool is refused: $says', ({ tool, departures, says }) =>
    using(async ({ at, open }) => {
      const client = await open({ ...departures, claims: { sub: REFUSED } }, { scope: ALL_SCOPES })
      at.asked()
      expect(await failureOf(client.call(tool))).toContain(says)
      // No other mandate would help, and the client is not sent for one.
      expect(at.asked()).toHaveLength(0)
    })(),
  )

  test(
    'a tool that needs more scopes names all of them, and a client that can asks for them',
    using(async ({ at, open }) => {
      const client = await open({ claims: { sub: kind.stepsUp ? 'user-1' : REFUSED } })
      at.asked()
      if (kind.stepsUp) expect(await client.call('pay')).toBe('pay for user-1')
      else await expect(client.call('pay')).rejects.toThrow('403')
      const [asked] = at.asked()
      expect(asked?.get('scope')?.split(' ').sort()).toEqual(
        kind.stepsUp ? ['audit', 'pay', 'read'] : ['read'],
      )
    }),
  )

  test(
    'an expired mandate is replaced by the client itself',
    using(async ({ at, open }) => {
      const client = await open({}, { first: await at.mint({ expired: true, scopes: ['read'] }) })
      expect(await client.call('whoami')).toBe('whoami for user-1')
      expect(at.asked()).toHaveLength(1)
    }),
  )

  test(
    'revoked in mid-session: neither the mandate nor a new one of the same authority is good',
    using(async ({ at, url, open }) => {
      const sid = crypto.randomUUID()
      const client = await open({ claims: { sid } })
      await client.call('whoami')
      at.asked()
      await revoke(url, sid)
      await expect(client.call('whoami')).rejects.toThrow()
      expect(at.asked().length).toBeGreaterThan(0)
    }),
  )

  test(
    'revoked in mid-stream: the call under way ends',
    using(async ({ url, open }) => {
      const sid = crypto.randomUUID()
      const client = await open({ claims: { sid } })
      const waiting = client.call('wait', () => void revoke(url, sid))
      await expect(waiting).rejects.toThrow(/revoked/i)
    }),
  )
}

async function revoke(url: string, sid: string): Promise<void> {
  await fetch(new URL(`revoke?sid=${sid}`, url))
}

/** All that an error tells. */
async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    return `It was answered: ${await call}`
  } catch (error) {
    return `${error} ${JSON.stringify(error)}`
  }
}

async function listening({ url, open }: Kit): Promise<void> {
  const sid = crypto.randomUUID()
  const { closed } = await (await open({ claims: { sid } })).listen()
  await revoke(url, sid)
  expect(await closed).toBe('remote')
}

/** The one that a client opens with GET, and on which the server may speak at any time. */
async function streamOfSession({ at, url }: Kit): Promise<void> {
  const sid = crypto.randomUUID()
  const headers = {
    authorization: `Bearer ${await at.mint({ claims: { sid }, scopes: ['read'] })}`,
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  }
  const clientInfo = { name: 'agent', version: '1.0.0' }
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
  const initialized = await fetch(url, { method: 'POST', headers, body })
  await initialized.text()
  const sessionId = initialized.headers.get('mcp-session-id') ?? ''
  const get = { headers: { ...headers, 'mcp-session-id': sessionId, 'last-event-id': '0' } }
  const open = fetch(url, { headers: { ...headers, 'mcp-session-id': sessionId } })
  // Bun sends no headers before the first byte.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await revoke(url, sid)
  const stream = await open
  expect([stream.status, await stream.text()]).toEqual([200, expect.any(String)])
  // It cannot be resumed.
  expect((await fetch(url, get)).status).toBe(401)
}

async function stolenSession({ at, url, open }: Kit): Promise<void> {
  const { sessionId = '', call } = await open()
  expect(await call('whoami')).toBe('whoami for user-1')
  const thief = await at.mint({ claims: { sub: REFUSED }, scopes: ALL_SCOPES.split(' ') })
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami' } })
  const statuses = ['POST', 'GET', 'DELETE'].map(async (method) => {
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${thief}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-session-id': sessionId,
      },
      body: method === 'POST' ? body : null,
    })
    await response.body?.cancel()
    return response.status
  })
  expect([sessionId.length, ...(await Promise.all(statuses))]).toEqual([36, 404, 404, 404])
}
