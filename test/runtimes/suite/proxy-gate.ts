// The guard in Next's proxy.ts, in front of routes that know nothing of it.

import { describe, expect, test } from 'vitest'
import cases from '../cases.json' with { type: 'json' }
import type { Deployment } from '../deployment.ts'
import { ask, type Sent } from '../requests.ts'
import { expectDenial, revoke } from './denials.ts'
import { answered } from './paths.ts'

export function proxyGate(at: Deployment): void {
  const askGate = (path: string, sent: Sent = {}) => ask(at.origin, `/gate${path}`, sent)

  describe('proxy', () => {
    test('a mandate opens the gate, and what lies behind is given no claims', async () => {
      const { status, json } = await askGate('/x', { mandate: await at.issuer.mint() })
      expect({ status, json }).toEqual({ status: 200, json: { path: '/gate/x' } })
    })

    test('it stays shut without one, and for one that is revoked or does not suffice', async () => {
      const mandate = await at.issuer.mint()
      expectDenial(await askGate('/x'), { code: 'missing_token' })
      expectDenial(await askGate('/admin', { mandate }), {
        code: 'insufficient_scope',
        scope: 'admin',
      })
      await revoke(at, mandate)
      expectDenial(await askGate('/x', { mandate }), {
        code: 'session_revoked',
      })
    })

    test('no header of a client opens it', async () => {
      for (const value of ['proxy', 'middleware', 'src/middleware']) {
        const headers = {
          'x-middleware-subrequest': Array(5).fill(value).join(':'),
          'x-middleware-next': '1',
        }
        expectDenial(await askGate('/x', { headers }), { code: 'missing_token' })
      }
    })

    test('it cannot bind a Server Action to a page: the action is reached at any path, and verifies for itself', async () => {
      const page = await askGate('/public/form')
      const [, action = ''] = /\$ACTION_ID_(\w+)/.exec(page.body.toString()) ?? []
      const [reader, admin] = [await at.issuer.mint(), await at.issuer.mint({ scopes: ['read', 'admin'] })]
      const answers: unknown[] = []
      // The second path is that of no page: Next.js looks for one that has the action.
      for (const path of ['/gate/public/form', '/nowhere']) {
        for (const mandate of [undefined, reader, admin]) {
          const headers = { 'next-action': action, 'content-type': 'text/plain;charset=UTF-8' }
          const { body } = await ask(at.origin, path, { mandate, method: 'POST', headers, body: '[]' })
          answers.push(/(?:paid|refused)[\w: -]*/.exec(body.toString())?.[0])
        }
      }
      const each = ['refused: missing_token', 'refused: insufficient_scope', 'paid by user-1']
      expect(answers).toEqual([...each, ...each])
    })

    test('nor does an odd path', async () => {
      const { admin, public: excluded } = cases.oddPaths
      const mandate = await at.issuer.mint({ scopes: ['read'] })
      expect(await answered(admin, (path) => askGate(path, { mandate }))).toEqual({})
      expect(await answered(excluded, (path) => askGate(path))).toEqual({})
    })
  })
}
