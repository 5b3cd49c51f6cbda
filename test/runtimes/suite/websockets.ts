// Requests for a WebSocket: refused before the handler, told why where that can be done, and passed on if admitted.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { MandateDepartures } from 'caracal-edge/testing'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { answer } from '../../redis/endpoint-faults.ts'
import { answerOf } from '../../support/protocol-answers.ts'
import cases from '../cases.json' with { type: 'json' }
import type { Deployment } from '../deployment.ts'
import { PLAIN } from '../subject/subject.mjs'
import { revoke } from './denials.ts'

/** How it ended for the client: closed with code and reason, or never opened, with a status. */
interface Outcome {
  readonly closed?: readonly [code: number, reason: string]
  readonly status?: number | undefined
}

export function websockets(at: Deployment): void {
  const { opensSockets, refusedSocketIs } = at.runtime

  /** What comes of a refusal with this status, where it is not told by closing. */
  const unopened = (status: number): Outcome =>
    refusedSocketIs === 'cut off' ? { closed: [1006, ''] } : { status }
  const refused = (code: string): Outcome =>
    refusedSocketIs === 'closed' ? { closed: [1008, code] } : unopened(answerOf(code).status)

  const connect = (path: string, mandate: string | undefined, protocols: readonly string[] = []) =>
    new WebSocket(at.origin.replace('http', 'ws') + at.path(path), [...protocols], {
      headers: mandate === undefined ? {} : { authorization: `Bearer ${mandate}` },
    })

  describe('WebSockets', () => {
    test.for(cases.sockets)('$code', async ({ path, code, departures }) => {
      const mandate = departures && (await at.issuer.mint(departures as MandateDepartures))
      expect(await outcomeOf(connect(path, mandate))).toEqual(refused(code))
      expect(await outcomeOf(connect(PLAIN + path, mandate))).toEqual(unopened(answerOf(code).status))
    })

    test('session_revoked', async () => {
      const mandate = await at.issuer.mint()
      await revoke(at, mandate)
      expect(await outcomeOf(connect('/socket', mandate))).toEqual(refused('session_revoked'))
    })

    test('revocation_unavailable', async () => {
      at.redis.intervention = answer(500, '{"error":"ERR out of order"}')
      const mandate = await at.issuer.mint()
      expect(await outcomeOf(connect('/socket', mandate))).toEqual(refused('revocation_unavailable'))
    })

    test('a client that offers a subprotocol is told as well', async () => {
      const socket = connect('/socket', undefined, ['chat'])
      expect(await outcomeOf(socket)).toEqual(refused('missing_token'))
    })

    test('a mandate in the place of a subprotocol does not count, and is not sent back', async () => {
      const socket = connect('/socket', undefined, [await at.issuer.mint()])
      expect(await outcomeOf(socket)).toEqual(unopened(401))
    })

    if (!opensSockets) return
    test("an admitted one is the handler's", async () => {
      const socket = connect('/socket', await at.issuer.mint({ claims: { sub: 'user-7' } }))
      await once(socket, 'open')
      for (const text of ['one', 'two']) {
        socket.send(text)
        const [reply] = await once(socket, 'message')
        expect(String(reply)).toBe(`user-7: ${text}`)
      }
      socket.close(1000)
      const [code] = await once(socket, 'close')
      expect(code).toBe(1000)
    })
  })
}

async function outcomeOf(socket: WebSocket): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (outgoing, { statusCode: status }: IncomingMessage) => {
      outgoing.destroy()
      resolve({ status })
    })
    socket.once('close', (code, reason) => resolve({ closed: [code, String(reason)] }))
    // A handler that is reached sends it back.
    socket.once('open', () => socket.send('hello'))
    socket.once('message', () => reject(new Error('The handler was reached.')))
    socket.once('error', () => {})
  })
}
