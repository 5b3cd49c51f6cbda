// @ts-check
// The same routes in several routers, each behind a guard of its own. Every request is given to all of them.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal } from 'caracal-edge/hono'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { IttyRouter } from 'itty-router'

/** A handler says by it which route it took the request for. */
const ROUTE = 'X-Route'
const NAMED = ['admin', 'health', 'healthz']
const OTHER = 'other'

/** @param {string} route */
const reached = (route) => new Response(null, { headers: { [ROUTE]: route } })

/** @typedef {(request: Request, ...platform: any[]) => any} Fetch */

/** @param {string} path */
const routeOf = (path) => NAMED.find((name) => path === `/${name}` || path.startsWith(`/${name}/`)) ?? OTHER

/** @param {string} url */
const pathByUrl = (url) => new URL(url).pathname

/**
 * Handlers without a router, which find the path in the URL themselves.
 *
 * @type {Record<string, (url: string) => string>}
 */
const PATHS = {
  'new URL': pathByUrl,
  'new URL with a base': (url) => new URL(url, 'http://localhost').pathname,
  'a split URL': (url) => `/${url.split('/').slice(3).join('/').split(/[?#]/, 1)[0]}`,
}

/** @param {Hono<any>} app */
const hono = (app) => {
  for (const name of NAMED) {
    app.all(`/${name}`, () => reached(name)).all(`/${name}/*`, () => reached(name))
  }
  return app.all('*', () => reached(OTHER))
}

const h3 = () => {
  const app = new H3()
  for (const name of NAMED) {
    app.all(`/${name}`, () => reached(name)).all(`/${name}/**`, () => reached(name))
  }
  return app.all('/**', () => reached(OTHER))
}

const itty = () => {
  const app = IttyRouter()
  for (const name of NAMED) app.all(`/${name}/*`, () => reached(name))
  return app.all('*', () => reached(OTHER))
}

/**
 * @param {string} trusted as JSON: whose mandates are good, and the keys that verify them
 * @returns a fetch handler that tells what became of the request in each of the apps
 */
export function subject(trusted) {
  /** @type {import('caracal-edge').CaracalOptions} */
  const options = {
    ...JSON.parse(trusted),
    revocations: new InMemoryRevocationStore(),
    requiredScopes: ['read'],
    routes: { '/admin': { requiredScopes: ['admin'] } },
    exclude: ['/health', '/healthz'],
  }
  /** @type {Record<string, Fetch>} */
  const apps = {
    'no guard': (request) => reached(routeOf(pathByUrl(request.url))),
    'Hono, guardFetch': guardFetch(hono(new Hono()), options).fetch,
    'Hono, caracal()': hono(new Hono().use(caracal(options))).fetch,
    'H3, guardFetch': guardFetch(h3(), options).fetch,
    'itty-router, guardFetch': guardFetch(itty(), options).fetch,
  }
  for (const [name, pathOf] of Object.entries(PATHS)) {
    apps[`${name}, withCaracal`] = withCaracal((request) => reached(routeOf(pathOf(request.url))), options)
  }
  /**
   * @param {Request} request
   * @param {readonly unknown[]} platform
   */
  return async (request, ...platform) => {
    /** @type {Record<string, string>} */
    const answers = {}
    for (const [name, fetch] of Object.entries(apps)) answers[name] = await answerOf(fetch, request, platform)
    // In a header, which an answer to HEAD has as well.
    const told = encodeURIComponent(JSON.stringify({ url: request.url, answers }))
    return new Response(null, { headers: { 'X-Told': told } })
  }
}

/**
 * @param {Fetch} fetch
 * @param {Request} request
 * @param {readonly unknown[]} platform
 * @returns the route that was reached, or the status of what came back instead
 */
async function answerOf(fetch, request, platform) {
  try {
    const response = await fetch(request, ...platform)
    return response.headers.get(ROUTE) ?? String(response.status)
  } catch {
    return 'threw'
  }
}
