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

    test('nor does an odd path', async () => {
      const { admin, public: excluded } = cases.oddPaths
      const mandate = await at.issuer.mint({ scopes: ['read'] })
      expect(await answered(admin, (path) => askGate(path, { mandate }))).toEqual({})
      expect(await answered(excluded, (path) => askGate(path))).toEqual({})
    })
  })
}
