// Next.js with Cache Components calls GET handlers while it builds, and ends them at the first look at a request. The guard
// must give it its error back: with no alarm in the log of the build, and never a prerendered answer.

import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'
import { skip } from './describe-runtime.ts'
import { NEXT, NextApp } from './next-app.ts'
import { ask } from './requests.ts'
import { missingUnless } from './runtime.ts'

const LIMIT_MS = 240_000

const issuer = createTestIssuer()
const app = new NextApp('next-components')

const ROUTES = ['/guarded', '/items/1', '/items/2', '/verified', '/fetched', '/hono']

const missing = missingUnless(NEXT) ?? missingUnless('node_modules/@next')
if (missing === undefined) {
  describe('Next.js with Cache Components', () => {
    let program: RunningProgram
    let origin = ''
    beforeAll(async () => {
      program = new RunningProgram(await app.startCommand(), {
        CARACAL_STS_URL: issuer.issuer,
        CARACAL_ZONE_ID: issuer.zoneId,
        CARACAL_AUDIENCE: issuer.audience,
        KEYS: JSON.stringify(await issuer.jwks()),
      })
      ;[origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
    }, LIMIT_MS)
    afterAll(async () => {
      await program?.stop()
      await app.remove()
    })

    test('builds without a word of the guard or an alarm', async () => {
      expect(await app.buildOutput()).not.toMatch(/caracal-edge:|cannot start|error|warn|⚠|⨯|bug/i)
    })

    test('prerenders no guarded route', async () => {
      const isDynamic = (route: string) => new RegExp(`ƒ ${route.replace(/[[\]]/g, '\\$&')}\\s`)
      const output = await app.buildOutput()
      for (const route of [
        '/given',
        '/guarded',
        '/items/[id]',
        '/gateway',
        '/verified',
        '/fetched',
        '/hono',
      ]) {
        expect(output).toMatch(isDynamic(route))
      }
    })

    test.each(ROUTES)('%s answers each request for itself', async (route) => {
      const mandate = await issuer.mint()
      for (const [given, status] of [
        [undefined, 401],
        [mandate, 200],
        ['bad', 401],
        [mandate, 200],
        [undefined, 401],
      ] as const) {
        expect((await ask(origin, route, { mandate: given })).status).toBe(status)
      }
    })

    test('the header of the Gateway counts where it is configured, and Authorization does not', async () => {
      const mandate = await issuer.mint()
      const headers = { 'x-caracal-identity': mandate, authorization: 'Basic eDp5' }
      expect((await ask(origin, '/gateway', { headers })).status).toBe(200)
      expect((await ask(origin, '/gateway', { mandate })).status).toBe(401)
      expect((await ask(origin, '/guarded', { headers })).status).toBe(401)
    })
  })
} else skip('Next.js with Cache Components', missing)
