// Rules by method: no request reaches a handler of a real router without meeting the rule of its method there.

import { createMandateVerifier } from 'caracal-edge'
import fc from 'fast-check'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { IttyRouter } from 'itty-router'
import { expect } from 'vitest'
import {
  isContradictory,
  type Key,
  keysFor,
  METHODS,
  type MethodTable,
  methodTables,
  oddPath,
  plainPath,
  ruleFor,
} from '../core/support/method-rules.ts'
import { heldTo, notAskedOf, pathOptions } from '../core/support/path-rules.ts'
import { anonymous, rawRequest } from '../core/support/requests.ts'
import { CALM, CALM_OPTIONS, MANDATE } from './calm.ts'
import { guardWith, watchTheGuard } from './guard.ts'
import { optionsFor, RULE } from './mandates.ts'
import { rightAnswers } from './model.ts'
import { property } from './runs.ts'

watchTheGuard()

const DEFAULT = 'default'
const tables = methodTables.filter((table) => !isContradictory(table))
const method = fc.constantFrom(...METHODS)

/** Dispatches a request to the key that its router found, by path and method. */
type Dispatch = (keys: readonly Key[], request: Request) => Promise<string>

/** A GET handler serves HEAD too. Of these routers, only Hono sees to that by itself. */
const served = ({ methods }: Key) => methods.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))

const ROUTERS: Readonly<Record<string, Dispatch>> = {
  Hono: async (keys, request) => {
    const app = new Hono()
    let reached = DEFAULT
    for (const key of keys) {
      const paths = key.isExact ? [key.path] : [key.path, `${key.path}/*`.replace('//', '/')]
      const handler = () => {
        reached = nameOf(key)
        return new Response()
      }
      for (const path of paths) {
        if (key.methods.length === 0) app.all(path, handler)
        else app.on([...served(key)], path, handler)
      }
    }
    app.all('*', () => new Response())
    await app.fetch(request)
    return reached
  },
  h3: async (keys, request) => {
    const app = new H3()
    // Its router takes the most specific path and, there, the method before no method.
    for (const key of keys) {
      const below = `${key.path}/**`.replace('//', '/')
      // Where a path alone is excluded, an app has a handler of its own for it.
      const isOwn = keys.some(({ isExact, path }) => isExact && path === key.path)
      const paths = key.isExact ? [key.path] : isOwn ? [below] : [key.path, below]
      for (const path of paths) {
        if (key.methods.length === 0) app.all(path, () => nameOf(key))
        for (const name of served(key)) app.on(name as 'GET', path, () => nameOf(key))
      }
    }
    const response = await app.fetch(request)
    return response.status === 200 ? response.text() : DEFAULT
  },
  'itty-router': async (keys, request) => {
    const app = IttyRouter()
    for (const key of keys) {
      const path = key.isExact ? key.path : `${key.path}/*`.replace('//', '/')
      for (const name of key.methods.length === 0 ? ['all'] : served(key)) {
        app[name.toLowerCase()]?.(path, () => nameOf(key))
      }
    }
    return String((await app.fetch(request)) ?? DEFAULT)
  },
}

const EXCLUDED = 'excluded'
const isRoute = (table: MethodTable, name: string) => table.routes.includes(name)

function nameOf({ text, isExact }: Key): string {
  return isExact ? EXCLUDED : text
}

const scopeOf = (rule: string) => rule.replaceAll(' ', '_')

property('a method and a path that a router dispatches', {
  cases: fc.record({
    name: fc.constantFrom(...Object.keys(ROUTERS)),
    table: tables,
    asked: method,
    path: fc.oneof(plainPath, oddPath),
    how: fc.constantFrom('parsed', 'raw'),
  }),
  runs: 1_500,
  classes: [
    ...Object.keys(ROUTERS).flatMap((name) => [`${name} → a route`, `${name} → something else`]),
    ...['several rules', EXCLUDED],
  ],
  async check({ name, table, asked: verb, path, how }) {
    const request =
      how === 'parsed'
        ? anonymous(path, { method: verb })
        : ({ ...rawRequest(path), method: verb } as Request)
    const named = Object.fromEntries(table.routes.map((key) => [key, scopeOf(key)]))
    const verifier = createMandateVerifier(pathOptions(CALM_OPTIONS, named, table.exclude))
    const asked = await heldTo(verifier, request)
    const reached = await reachedBy(name, table, request)
    // All preflights can be excluded, those of a route too.
    const isPreflight =
      verb === 'OPTIONS' && table.exclude.some((key) => JSON.stringify(key).includes('OPTIONS'))
    if (reached !== undefined && isRoute(table, reached) && !isPreflight) {
      expect(notAskedOf(asked, [scopeOf(reached)]), `for ${reached}`).toEqual([])
    }
    const kind = reached !== undefined && isRoute(table, reached) ? 'a route' : 'something else'
    return [
      `${name} → ${kind}`,
      ...(asked.length > 1 ? ['several rules'] : []),
      ...asked.filter((one) => one === EXCLUDED),
    ]
  },
})

/** The key whose handler ran, or `undefined` where the router threw. */
async function reachedBy(name: string, table: MethodTable, request: Request): Promise<string | undefined> {
  try {
    return await ROUTERS[name]?.(keysFor(table, request.method), request)
  } catch {
    return undefined
  }
}

property('the right answer, by the rule of the method', {
  cases: fc.record({
    table: tables,
    verb: method,
    path: plainPath.filter((path) => !/[A-Z]/.test(path)),
    scopes: fc.array(fc.subarray(['read', 'write', 'admin:all'], { maxLength: 2 }), {
      minLength: 7,
      maxLength: 7,
    }),
    authorization: fc.constantFrom(`Bearer ${MANDATE}`, `Bearer ${MANDATE}`, null),
  }),
  runs: 500,
  classes: ['admit', 'insufficient_scope', 'missing_token', EXCLUDED],
  async check({ table, verb, path, scopes: [byDefault = [], ...others], authorization }) {
    const where = ruleFor(table, verb, path)
    if (where === EXCLUDED) return EXCLUDED
    const routes = Object.fromEntries(
      table.routes.map((key, index) => [key, { requiredScopes: others[index] ?? [] }]),
    )
    const rule = { ...RULE, scopes: where === DEFAULT ? byDefault : (routes[where]?.requiredScopes ?? []) }
    const options = { ...CALM_OPTIONS, ...optionsFor({ ...RULE, scopes: byDefault }), routes }
    const answer = await guardWith({ ...options, exclude: table.exclude }).answer(authorization, path, verb)
    expect(rightAnswers({ ...CALM, rule, authorization })).toContain(answer)
    return answer
  },
})
