// Streams and sockets that are under way end with the authority, each in its way, in time and not before.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { decodeJwt } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { answer } from '../../redis/endpoint-faults.ts'
import { sleep } from '../../redis/support.ts'
import type { Deployment } from '../deployment.ts'
import { open } from '../requests.ts'
import { TIMES } from '../subject/subject.mjs'
import { revoke } from './denials.ts'

const EVERY_MS = 200
const GRACE_MS = 700
const CHECKED = `every=${EVERY_MS}&grace=${GRACE_MS}`
/** Not a bound of ours: a busy machine wakes a timer late, and so it tells a client. `npm run bench:live` measures. */
const PATIENCE_MS = 1_500
const PATIENCE = { timeout: 10_000 }
/** Between the end of the authority and that of a stream: an interval, the deadline of the store. */
const CHECK_LIMIT_MS = EVERY_MS + TIMES.store.timeoutMs

type Kind = 'events' | 'download' | 'socket'

/** How it ended for the client. */
interface End {
  /** Closed in good order, cut off, or the code and the reason of a WebSocket. */
  readonly how: 'whole' | 'cut' | readonly [code: number, reason: string]
  /** By the client's clock. */
  readonly at: number
  /** What the last event told, and by the server's clock when it was sent. */
  readonly last?: { readonly code: string; readonly at: number }
}

/** Something under way, as its client sees it. */
interface Open {
  readonly kind: Kind
  readonly hasEnded: () => boolean
  readonly ended: Promise<End>
  readonly leave: () => void
}

export function live(at: Deployment): void {
  const { opensSockets, diesOfBrokenBodies, missesSilentLeaving } = at.runtime
  const paths: readonly string[] = [
    ...['/live/events', '/live/events?beat'],
    ...(diesOfBrokenBodies ? [] : ['/live/download', '/live/download?beat']),
    ...(opensSockets ? ['/live/socket', '/hono/events', '/hono/socket'] : []),
  ]

  /** One of each, under way. */
  const openAll = (mandate: string, query: string) =>
    Promise.all(paths.map((path) => openOne(at, path, mandate, query)))

  /** How often the store was asked about a mandate. */
  const lookups = (mandate: string) =>
    at.redis.asked.filter((command) => command.join().includes(String(decodeJwt(mandate).sid))).length

  const lookupsPerInterval = async (mandate: string) => {
    const before = lookups(mandate)
    await sleep(2 * EVERY_MS)
    return lookups(mandate) - before
  }

  describe('what is under way', () => {
    test('ends with a revocation', async () => {
      const mandate = await at.issuer.mint()
      const all = await openAll(mandate, CHECKED)
      await sleep(2 * EVERY_MS)
      expect(all.filter(({ hasEnded }) => hasEnded())).toEqual([])
      const revokedAt = Date.now()
      await revoke(at, mandate)
      for (const { kind, ended } of all) {
        const end = await ended
        expectEnd(kind, end, 'session_revoked')
        expect(end.at - revokedAt).toBeLessThan(CHECK_LIMIT_MS + PATIENCE_MS)
      }
      const asked = lookups(mandate)
      await sleep(2 * EVERY_MS)
      expect(lookups(mandate)).toBe(asked)
    })

    test('ends when the mandate expires, and without an interval asks the store nothing', async () => {
      const mandate = await at.issuer.mint({ lifetimeSeconds: 3 })
      const expiresAt = Number(decodeJwt(mandate).exp) * 1_000
      const all = await openAll(mandate, '')
      const asked = lookups(mandate)
      for (const { kind, ended } of all) {
        const end = await ended
        expectEnd(kind, end, 'invalid_token')
        const endedAt = end.last?.at ?? end.at
        expect(endedAt - expiresAt).toBeGreaterThanOrEqual(0)
        expect(endedAt - expiresAt).toBeLessThan(PATIENCE_MS)
      }
      expect(lookups(mandate)).toBe(asked)
    })

    test('outlasts an outage that is over within the grace, and ends when a longer one has used it up', async () => {
      const mandate = await at.issuer.mint()
      const all = await openAll(mandate, CHECKED)
      const outage = answer(500, '{"error":"ERR out of order"}')
      at.redis.intervention = outage
      await sleep(2 * EVERY_MS)
      at.redis.intervention = undefined
      await sleep(GRACE_MS)
      expect(all.filter(({ hasEnded }) => hasEnded())).toEqual([])
      const failingSince = Date.now()
      at.redis.intervention = outage
      for (const { kind, ended } of all) {
        const end = await ended
        expectEnd(kind, end, 'revocation_unavailable')
        expect(end.at - failingSince).toBeGreaterThanOrEqual(GRACE_MS)
        expect(end.at - failingSince).toBeLessThan(GRACE_MS + CHECK_LIMIT_MS + PATIENCE_MS)
      }
    })

    const isNoticed = (path: string) =>
      !missesSilentLeaving || path.endsWith('?beat') || path.endsWith('/socket')

    test('is checked no more when its client has left', async () => {
      const mandate = await at.issuer.mint()
      for (const path of paths.filter(isNoticed)) (await openOne(at, path, mandate, CHECKED)).leave()
      await expect.poll(() => lookupsPerInterval(mandate), PATIENCE).toBe(0)
    })

    if (!missesSilentLeaving) return
    test('is checked until the mandate expires when its client has left a silent stream', async () => {
      const mandate = await at.issuer.mint({ lifetimeSeconds: 3 })
      for (const path of paths.filter((path) => !isNoticed(path)))
        (await openOne(at, path, mandate, CHECKED)).leave()
      expect(await lookupsPerInterval(mandate)).toBeGreaterThan(0)
      await expect.poll(() => lookupsPerInterval(mandate), PATIENCE).toBe(0)
      expect(Date.now()).toBeGreaterThanOrEqual(Number(decodeJwt(mandate).exp) * 1_000)
    })
  })
}

function expectEnd(kind: Kind, end: End, code: string): void {
  // Half a download must not look like a whole one.
  const how = { events: 'whole', download: 'cut', socket: [1008, code] }[kind]
  expect(end.how).toEqual(how)
  expect(end.last?.code).toBe(kind === 'events' ? code : undefined)
}

/** Begins it, and waits until its first chunk, or the answer to a first message, has come. */
async function openOne(at: Deployment, path: string, mandate: string, query: string): Promise<Open> {
  const target = `${at.path(path)}${path.includes('?') ? '&' : '?'}${query}`
  const one = await (path.endsWith('/socket')
    ? openSocket(at.origin, target, mandate)
    : openStream(at.origin, target, mandate))
  onTestFinished(one.leave)
  return one
}

async function openSocket(origin: string, path: string, mandate: string): Promise<Open> {
  const socket = new WebSocket(origin.replace('http', 'ws') + path, {
    headers: { authorization: `Bearer ${mandate}` },
  })
  let hasEnded = false
  const ended = new Promise<End>((resolve) => {
    socket.once('close', (code, reason) => {
      hasEnded = true
      resolve({ how: [code, String(reason)], at: Date.now() })
    })
  })
  await once(socket, 'open')
  socket.send('hello')
  await once(socket, 'message')
  return { kind: 'socket', hasEnded: () => hasEnded, ended, leave: () => socket.terminate() }
}

async function openStream(origin: string, path: string, mandate: string): Promise<Open> {
  const outgoing = open(origin, path, { mandate })
  // Its answer that is cut reports it.
  outgoing.on('error', () => {})
  outgoing.end()
  const [incoming]: IncomingMessage[] = await once(outgoing, 'response')
  if (incoming?.statusCode !== 200) throw new Error(`The stream was answered with ${incoming?.statusCode}.`)
  let hasEnded = false
  let text = ''
  incoming.on('error', () => {}).setEncoding('utf8')
  incoming.on('data', (chunk) => {
    text += chunk
  })
  const ended = new Promise<End>((resolve) => {
    incoming.once('close', () => {
      hasEnded = true
      resolve({ how: incoming.complete ? 'whole' : 'cut', at: Date.now(), ...lastIn(text) })
    })
  })
  await once(incoming, 'data')
  const kind = path.includes('/events') ? 'events' : 'download'
  return { kind, hasEnded: () => hasEnded, ended, leave: () => outgoing.destroy() }
}

function lastIn(text: string): Pick<End, 'last'> {
  const [, data] = /event: caracal-end\ndata: (.*)\n\n$/.exec(text) ?? []
  return data === undefined ? {} : { last: JSON.parse(data) }
}
