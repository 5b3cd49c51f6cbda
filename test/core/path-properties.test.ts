// For random route tables and random odd paths: no router behind the guard reaches what the guard has not asked for.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { heldTo, pathOptions } from './support/path-rules.ts'
import { anonymous, rawRequest } from './support/requests.ts'
import { longestPrefix, STEPS, segmentsOf } from './support/routers.ts'

const RUNS = { numRuns: 300 }
const SEGMENTS = ['admin', 'api', 'v1', 'x', 'café', 'a b', '@me', 'a+b', 'health']

interface Prefixes {
  readonly routes: readonly string[]
  readonly exclude: readonly string[]
}

const prefix = fc
  .array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join('/')}`)

/** Route tables without an exclude that covers a route, which would be a configuration error. */
const prefixes: fc.Arbitrary<Prefixes> = fc
  .record({
    routes: fc.uniqueArray(prefix, { minLength: 1, maxLength: 5 }),
    exclude: fc.uniqueArray(prefix, { maxLength: 2 }),
  })
  .map(({ routes, exclude }) => ({
    routes,
    exclude: exclude.filter((outer) => !routes.some((inner) => longestPrefix(inner, [outer]) === outer)),
  }))

/** A character as itself, escaped, or escaped twice. */
const spelt = (character: string) => {
  const escaped = Array.from(
    new TextEncoder().encode(character),
    (byte) => `%${byte.toString(16).padStart(2, '0')}`,
  )
  const once = escaped.join('')
  return fc.constantFrom(
    character,
    character,
    character,
    once,
    once.toUpperCase(),
    once.replaceAll('%', '%25'),
  )
}

const segment = fc
  .constantFrom(...SEGMENTS)
  .chain((text) => fc.tuple(...Array.from(text, spelt)).map((characters) => characters.join('')))

const oddity = fc.constantFrom(
  ...[
    '/',
    '/',
    '/',
    '/',
    '//',
    '%2F',
    '%2f',
    '%252F',
    '\\',
    '%5C',
    '/./',
    '/../',
    '/%2e%2e/',
    '/..%2F',
    '%2F..%2F',
  ],
  ...[
    '..;/',
    ';p',
    ';p=1/',
    '%3B',
    '%3F',
    '%23',
    '?',
    '#',
    '%00',
    '%09',
    '%0a',
    '%20',
    '%ff',
    '%C3',
    '%zz',
    '%',
    '.',
  ],
)

const oddPath = fc
  .array(fc.oneof({ arbitrary: segment, weight: 2 }, { arbitrary: oddity, weight: 3 }), { maxLength: 9 })
  .map((parts) => `/${parts.join('')}`)

const issuer = createTestIssuer()

/** Each rule asks for its own prefix as a scope, so that the scopes of a refusal name the rules. */
async function askedBy({ routes, exclude }: Prefixes, request: Request): Promise<readonly string[]> {
  const named = Object.fromEntries(routes.map((route) => [route, scopeOf(route)]))
  return heldTo(createMandateVerifier(pathOptions(issuer.options, named, exclude)), request)
}

/** A scope holds no blanks. */
function scopeOf(route: string | undefined): string {
  return route?.replaceAll(' ', '_') ?? 'default'
}

/** What must be among the scopes asked, should a router see this path; nothing for an excluded one. */
function neededFor(path: string, { routes, exclude }: Prefixes): readonly string[] {
  const reached = longestPrefix(path, [...routes, ...exclude])
  return reached !== undefined && exclude.includes(reached) ? [] : [scopeOf(reached)]
}

function pathIn({ url }: Request): string {
  const [beforeQuery = ''] = url.split(/[?#]/)
  return beforeQuery.slice('http://api.test'.length)
}

/** The request as a runtime hands it over, and one whose path nobody has parsed. */
const KINDS = [
  { kind: 'a path as a Request has it', make: anonymous },
  { kind: 'a path that no parser has seen', make: rawRequest },
]

describe.each(KINDS)('$kind', ({ make }) => {
  it('reaches no route of Hono whose scope was not asked for', async () => {
    const property = fc.asyncProperty(prefixes, oddPath, async (table, path) => {
      const request = make(path)
      const asked = await askedBy(table, request)
      const reached = await (await honoWith(table).fetch(request)).text()
      if (!table.exclude.includes(reached)) expect(asked).toContain(scopeOf(reached))
    })
    await fc.assert(property, RUNS)
  })

  it.each(Object.entries(STEPS))('asks for what is reached by a router that does %s', async (_, step) => {
    const property = fc.asyncProperty(prefixes, oddPath, async (table, path) => {
      const request = make(path)
      const asked = await askedBy(table, request)
      expect(asked).toEqual(expect.arrayContaining([...neededFor(pathIn(request), table)]))
      expect(asked).toEqual(expect.arrayContaining([...neededFor(step(pathIn(request)), table)]))
    })
    await fc.assert(property, RUNS)
  })

  it('asks for what is reached by a router that does several of these one after the other', async () => {
    const steps = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 2, maxLength: 4 })
    const property = fc.asyncProperty(prefixes, oddPath, steps, async (table, path, names) => {
      const request = make(path)
      const asked = await askedBy(table, request)
      const seen = names.reduce((before, name) => STEPS[name]?.(before) ?? before, pathIn(request))
      expect(asked).toEqual(expect.arrayContaining([...neededFor(seen, table)]))
    })
    await fc.assert(property, { numRuns: 1000 })
  })
})

describe('a path without anything odd', () => {
  const plain = fc
    .array(fc.constantFrom(...SEGMENTS, 'y', 'admins'))
    .map((segments) => `/${segments.join('/')}`)

  it('is held to the rule of its longest prefix and to no other', async () => {
    const property = fc.asyncProperty(prefixes, plain, async (table, path) => {
      const [needed = 'excluded'] = neededFor(path, table)
      expect(await askedBy(table, rawRequest(path))).toEqual([needed])
    })
    await fc.assert(property, RUNS)
  })
})

/** Answers with the prefix that Hono dispatched to. The longest comes first, because Hono takes the first that fits. */
function honoWith({ routes, exclude }: Prefixes): Hono {
  const app = new Hono()
  const longestFirst = [...routes, ...exclude].sort((a, b) => segmentsOf(b).length - segmentsOf(a).length)
  for (const route of longestFirst) {
    app.all(route, (c) => c.text(route))
    app.all(`${route}/*`, (c) => c.text(route))
  }
  app.all('*', (c) => c.text('default'))
  return app
}
