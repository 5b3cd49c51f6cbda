// React Router matches more spellings of a path than the one in its routes. The guard knows them.

import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { reactRouterApp, type Setting } from './react-router.ts'
import spellings from './spellings.json' with { type: 'json' }

const issuer = createTestIssuer()
const mandates = {
  nobody: undefined,
  reader: await issuer.mint({ scopes: ['read'] }),
  admin: await issuer.mint({ scopes: ['read', 'admin'] }),
}

const FUTURE = { v8_passThroughRequests: true, v8_trailingSlashAwareDataRequests: true, v8_middleware: true }
const SETTINGS: Readonly<Record<string, Setting>> = {
  '7': { installedAs: 'react-router-7' },
  '7 with the flags of 8': { installedAs: 'react-router-7', future: FUTURE },
  '8': { installedAs: 'react-router-8' },
  '7 below a basename': { installedAs: 'react-router-7', basename: '/base' },
  '8 below a basename': { installedAs: 'react-router-8', basename: '/base' },
}

const LIMIT_MS = 60_000
/** How many paths a failure prints. */
const SHOWN = 20

/** The routes that require the scope `admin`, and those that require nothing. All others require `read`. */
const FOR_ADMIN = ['admin', 'admin/:id', 'payroll', 'café']
const EXCLUDED = ['health/*', 'favicon.ico/*', 'admin/public/*']

/** Random paths, the same in every run. */
const PATHS = fc
  .sample(
    fc.tuple(
      fc.array(fc.constantFrom(...spellings.segments), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(...spellings.endings),
    ),
    { seed: 9, numRuns: 400 },
  )
  .map(([segments, ending]) => `/${segments.join('/')}${ending}`)
  .concat(spellings.paths)

describe.each(Object.entries(SETTINGS))('React Router %s', async (_, setting) => {
  const { basename = '' } = setting
  const app = await reactRouterApp(setting)
  const guarded = withCaracal((request) => app.handle(request), {
    ...issuer.options,
    requiredScopes: ['read'],
    routes: Object.fromEntries(
      ['/admin', '/payroll', '/café'].map((path) => [basename + path, { requiredScopes: ['admin'] }]),
    ),
    exclude: ['/health', '/favicon.ico', '/admin/public'].map((path) => basename + path),
  })

  const requestFor = (path: string, mandate: string | undefined) =>
    new Request(`http://api.test${basename}${path}`, {
      headers: mandate === undefined ? {} : { authorization: `Bearer ${mandate}` },
    })

  /** Paths that lead to a route without its scope, and those that would without a guard. */
  async function trespasses(by: keyof typeof mandates, isFree: (route: string) => boolean) {
    const guardedBy: string[] = []
    const unguarded: string[] = []
    for (const path of PATHS) {
      await app.handle(requestFor(path, undefined))
      if (!app.takeRan().every(isFree)) unguarded.push(path)
      await guarded(requestFor(path, mandates[by]))
      const ran = app.takeRan()
      if (!ran.every(isFree)) guardedBy.push(`${path}: ${ran}`)
    }
    return { guardedBy: guardedBy.slice(0, SHOWN), unguarded }
  }

  test(
    'without a mandate, only loaders of excluded routes run',
    async () => {
      const { guardedBy, unguarded } = await trespasses('nobody', (route) => EXCLUDED.includes(route))
      expect(guardedBy).toEqual([])
      expect(unguarded.length).toBeGreaterThan(200)
    },
    LIMIT_MS,
  )

  test(
    'a mandate without the scope of a route does not reach its loader',
    async () => {
      const { guardedBy, unguarded } = await trespasses('reader', (route) => !FOR_ADMIN.includes(route))
      expect(guardedBy).toEqual([])
      // The router itself matches all of these names.
      expect(unguarded).toEqual(expect.arrayContaining(spellings.ofAdmin))
    },
    LIMIT_MS,
  )

  test.each(spellings.honest)('serves $path to $by', async ({ path, by, route }) => {
    expect((await guarded(requestFor(path, mandates[by as keyof typeof mandates]))).status).toBe(200)
    expect(app.takeRan()).toContain(route)
  })
})
