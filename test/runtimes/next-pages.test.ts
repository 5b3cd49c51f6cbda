// Next.js has more names for a page than its path: a base path, locales, rewrites in any case, data. The guard in its
// proxy, whose routes are written as the pages are, knows them all.

import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'
import { skip } from './describe-runtime.ts'
import { NEXT, NextApp } from './next-app.ts'
import pages from './next-pages.json' with { type: 'json' }
import { ask } from './requests.ts'
import { missingUnless } from './runtime.ts'
import hostile from './sockets/hostile.json' with { type: 'json' }
import { exchange } from './sockets/raw.ts'

const START_LIMIT_MS = 180_000

const issuer = createTestIssuer()
const mandates = new Map([
  ['reader', await issuer.mint({ scopes: ['read'] })],
  ['admin', await issuer.mint({ scopes: ['read', 'admin'] })],
])

const PROXY = new NextApp('next-pages', { without: ['middleware.ts'] })
const MIDDLEWARE = new NextApp('next-pages', {
  without: ['proxy.ts'],
  variables: { NEXT_BASE_PATH: '/base' },
})

const missing = missingUnless(NEXT) ?? missingUnless('node_modules/@next')
if (missing === undefined) {
  describeApp('Next.js, a proxy that is told paths as they came', PROXY, {
    base: '',
    spellings: [...pages.spellings, ...pages.slashAtTheEnd],
  })
  describeApp('Next.js, a middleware below a base path', MIDDLEWARE, {
    base: '/base',
    spellings: pages.spellings,
  })
} else skip('Next.js with several names for a page', missing)

interface Setting {
  readonly base: string
  readonly spellings: readonly { readonly path: string; readonly page: string }[]
}

function describeApp(name: string, app: NextApp, { base, spellings }: Setting): void {
  describe(name, () => {
    let program: RunningProgram
    let origin = ''
    beforeAll(async () => {
      const { issuer: iss, expectedZoneId, audience } = issuer.options
      program = new RunningProgram(await app.startCommand(), {
        ...app.variables,
        TRUSTED: JSON.stringify({
          issuer: iss,
          expectedZoneId,
          audience,
          keySet: { jwks: await issuer.jwks() },
        }),
        EXCLUDE: JSON.stringify(['/health', '/api/healthz', '/favicon.ico'].map((path) => base + path)),
      })
      ;[origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
    }, START_LIMIT_MS)
    afterAll(async () => {
      await program?.stop()
      await app.remove()
    })

    /** Which page was served, or the status where none was. */
    async function served(path: string, by: string): Promise<unknown> {
      const { status, headers } = await ask(origin, base + path, { mandate: mandates.get(by) })
      return headers['x-page'] ?? status
    }

    test('serves a page by every name, to a mandate that has its scope', async () => {
      expect(await servedBy('admin')).toEqual(spellings.map(({ path, page }) => [path, page]))
    })

    test('refuses it by every name to a mandate that lacks its scope', async () => {
      expect(await servedBy('reader')).toEqual(spellings.map(({ path }) => [path, 403]))
    })

    test('refuses it by every name without a mandate', async () => {
      expect(await servedBy('nobody')).toEqual(spellings.map(({ path }) => [path, 401]))
    })

    async function servedBy(by: string) {
      const answers: unknown[] = []
      for (const { path } of spellings) answers.push([path, await served(path, by)])
      return answers
    }

    test.each(pages.others)('serves $path to $by', async ({ path, by, page }) => {
      expect(await served(path, by)).toBe(page)
      if (by !== 'nobody') expect(await served(path, 'nobody')).toBe(401)
    })

    test('serves what is excluded and no page', async () => {
      expect(await served('/favicon.ico', 'nobody')).toBe(200)
    })

    test('lets no shared cache keep a prerendered page, which Next.js would', async () => {
      const mandate = mandates.get('reader')
      const { status, headers } = await ask(origin, `${base}/prerendered`, { mandate })
      expect([status, headers['x-nextjs-cache'], headers['cache-control']]).toEqual([
        ...[200, 'HIT', 'private, no-store'],
      ])
    })

    test('is not misled by a Host', async () => {
      const reached: string[] = []
      for (const host of hostile.hosts) {
        const request = `GET ${base}/admin HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`
        if (/^x-page:/im.test(await exchange(Number(new URL(origin).port), request))) reached.push(host)
      }
      expect(reached).toEqual([])
    })
  })
}
