// What reaches the handler of an admitted request, and what of its answer reaches the client.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { open } from '../requests.ts'

const MEBIBYTE = 1024 * 1024

export function admission(at: Deployment): void {
  describe('admission', () => {
    test('the handler is given the claims, frozen, and so is code far from it', async () => {
      const mandate = await at.issuer.mint({ scopes: ['read', 'print'], hops: 2, claims: { sub: 'user-7' } })
      const claims = decodeJwt(mandate)
      const { status, isFromHandler, json } = await at.ask('/x', { mandate })
      expect({ status, isFromHandler }).toEqual({ status: 200, isFromHandler: true })
      expect(json).toMatchObject({
        path: at.path('/x'),
        isFrozen: true,
        subjects: ['user-7', 'user-7', 'user-7'],
        caracal: {
          sub: 'user-7',
          clientId: claims.client_id,
          zoneId: at.issuer.zoneId,
          issuer: at.issuer.url,
          audience: [at.issuer.audience],
          scopes: ['read', 'print'],
          sid: claims.sid,
          agentSessionId: claims.agent_session_id,
          delegationEdgeId: claims.delegation_edge_id,
          delegationPath: claims.delegation_path,
          hopCount: 2,
          graphEpoch: 1,
          expiresAt: claims.exp,
        },
      })
    })

    test('the handler is given every argument of the platform', async () => {
      expect((await at.askWell()).json.platform).toEqual(at.runtime.platform)
    })

    test('a large body goes in and out again unchanged', async () => {
      const body = randomBytes(MEBIBYTE)
      const mandate = await at.issuer.mint()
      const answer = await at.ask('/x', { mandate, method: 'POST', body })
      expect(answer.status).toBe(200)
      expect(answer.body.equals(body)).toBe(true)
    })

    test('refused uploads are answered, and the next request is served', async () => {
      const body = randomBytes(MEBIBYTE)
      for (let upload = 0; upload < 3; upload++) {
        // A server may hang up on a body that nobody wants, once it has answered.
        const sent = at.ask('/x', { method: 'POST', body }).then(({ status }) => status)
        expect(await sent.catch(({ code }: NodeJS.ErrnoException) => code)).toBeOneOf([
          401,
          'ECONNRESET',
          'EPIPE',
        ])
      }
      expect((await at.askWell()).status).toBe(200)
    })

    if (!at.runtime.isDuplex) return
    test('a body is answered while it is still being sent', async () => {
      const mandate = await at.issuer.mint()
      const outgoing = open(at.origin, at.path('/x'), { mandate, method: 'POST' })
      outgoing.write('first')
      const [incoming] = await once(outgoing, 'response')
      const [first] = await once(incoming, 'data')
      outgoing.end('second')
      const [second] = await once(incoming, 'data')
      expect([String(first), String(second)]).toEqual(['first', 'second'])
    })
  })
}
