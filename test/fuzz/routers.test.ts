// No request reaches a route of a real router without meeting the rule of that route.

import { createMandateVerifier } from 'caracal-edge'
import fc from 'fast-check'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { LinearRouter } from 'hono/router/linear-router'
import { PatternRouter } from 'hono/router/pattern-router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { TrieRouter } from 'hono/router/trie-router'
import { IttyRouter } from 'itty-router'
import { expect } from 'vitest'
import { type Prefixes, rulesNamed, scopeOf, tableAndPath } from '../core/support/odd-paths.ts'
import { heldTo, notAskedOf, pathOptions } from '../core/support/path-rules.ts'
import { anonymous, rawRequest } from '../core/support/requests.ts'
import { segmentsOf } from '../core/support/routers.ts'
import { CALM_OPTIONS } from './calm.ts'
import { property } from './runs.ts'

/** Gives the prefix that the router dispatched a request to, `default` for none of them. */
type Dispatch = (request: Request) => Promise<string>

/** The longest come first, because routers take the first that matches. */
type Build = (longestFirst: readonly string[]) => Dispatch

const DEFAULT = 'default'

const throughHono =
  (make: () => Hono): Build =>
  (longestFirst) => {
    const app = make()
    for (const route of longestFirst) {
      app.all(route, (c) => c.text(route))
      app.all(`${route}/*`, (c) => c.text(route))
    }
    app.all('*', (c) => c.text(DEFAULT))
    return async (request) => (await app.fetch(request)).text()
  }

const pathnameOf = (request: Request) => new URL(request.url).pathname

const ROUTERS: Readonly<Record<string, Build>> = {
  Hono: throughHono(() => new Hono()),
  'Hono, not strict': throughHono(() => new Hono({ strict: false })),
  'Hono with a decoded path': throughHono(
    () => new Hono({ getPath: (request) => decodeURI(pathnameOf(request)) }),
  ),
  'Hono with RegExpRouter': throughHono(() => new Hono({ router: new RegExpRouter() })),
  'Hono with TrieRouter': throughHono(() => new Hono({ router: new TrieRouter() })),
  'Hono with LinearRouter': throughHono(() => new Hono({ router: new LinearRouter() })),
  'Hono with PatternRouter': throughHono(() => new Hono({ router: new PatternRouter() })),
  'Hono with a mounted app for each route': (longestFirst) => {
    const app = new Hono()
    for (const route of longestFirst) app.mount(route, () => new Response(route))
    app.all('*', (c) => c.text(DEFAULT))
    return async (request) => (await app.fetch(request)).text()
  },
  h3: (longestFirst) => {
    const app = new H3()
    for (const route of spelt(longestFirst)) {
      app.all(route, () => decodeURI(route))
      app.all(`${route}/**`, () => decodeURI(route))
    }
    app.all('/**', () => DEFAULT)
    return async (request) => (await app.fetch(request)).text()
  },
  'itty-router': (longestFirst) => {
    const app = IttyRouter()
    for (const route of spelt(longestFirst)) app.all(`${route}/*`, () => decodeURI(route))
    app.all('*', () => DEFAULT)
    return async (request) => String(await app.fetch(request))
  },
}

/** Some match the path as it is in the URL, others the one that it stands for. */
function spelt(routes: readonly string[]): readonly string[] {
  return routes.flatMap((route) => [...new Set([route, encodeURI(route)])])
}

const MAKERS = { parsed: anonymous, raw: rawRequest } as const

const NAMES = Object.keys(ROUTERS)

property('a path that a router dispatches', {
  cases: fc
    .constantFrom(...NAMES)
    .chain((name) =>
      fc.record({ name: fc.constant(name), where: plain(name), how: fc.constantFrom('parsed', 'raw') }),
    ),
  runs: 1_000,
  classes: [
    ...NAMES.flatMap((name) => ['a route', 'an excluded prefix', DEFAULT].map((kind) => `${name} → ${kind}`)),
    ...['parsed', 'raw', 'several rules'],
  ],
  async check({ name, where: { table, path }, how }) {
    const request = MAKERS[how](path)
    const verifier = createMandateVerifier(pathOptions(CALM_OPTIONS, rulesNamed(table), table.exclude))
    const asked = await heldTo(verifier, request)
    const reached = await reachedBy(name, table, request)
    const kind = reached === undefined ? 'nothing' : kindOf(reached, table)
    if (kind !== 'nothing' && kind !== 'an excluded prefix') {
      expect(notAskedOf(asked, [scopeOf(reached)]), `for ${reached}`).toEqual([])
    }
    return [how, `${name} → ${kind}`, ...(asked.length > 1 ? ['several rules'] : [])]
  },
})

/** A plus sign means something of its own in the patterns of some. */
function plain(name: string): typeof tableAndPath {
  if (!/itty|Pattern/.test(name)) return tableAndPath
  return tableAndPath.filter(({ table }) => ![...table.routes, ...table.exclude].join().includes('+'))
}

function kindOf(reached: string, { exclude }: Prefixes): string {
  if (reached === DEFAULT) return DEFAULT
  return exclude.includes(reached) ? 'an excluded prefix' : 'a route'
}

/** The route whose handler ran, or `undefined` where none did, also because the router threw. */
async function reachedBy(name: string, table: Prefixes, request: Request): Promise<string | undefined> {
  const all = [...table.routes, ...table.exclude]
  const longestFirst = all.sort((one, other) => segmentsOf(other).length - segmentsOf(one).length)
  try {
    const reached = await ROUTERS[name]?.(longestFirst)(request)
    return [...longestFirst, DEFAULT].find((known) => known === reached)
  } catch {
    return undefined
  }
}
