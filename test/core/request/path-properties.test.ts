// For random route tables and random odd paths: no router behind the guard reaches a route whose rule the guard has not checked.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import {
  neededFor,
  type Prefixes,
  pathIn,
  prefixes,
  rulesNamed,
  SEGMENTS,
  scopeOf,
  tableAndPath,
} from '../support/odd-paths.ts'
import { heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { anonymous, rawRequest } from '../support/requests.ts'
import { STEPS, segmentsOf } from '../support/routers.ts'

// Hundreds of guards each: on a busy machine that takes long.
vi.setConfig({ testTimeout: 30_000 })

const RUNS = numRuns(300)
const issuer = createTestIssuer()

async function askedBy(table: Prefixes, request: Request): Promise<readonly string[]> {
  return heldTo(createMandateVerifier(pathOptions(issuer.options, rulesNamed(table), table.exclude)), request)
}

/** The request as a runtime provides it, and one whose path was not parsed. */
const KINDS = [
  { kind: 'a path as a Request has it', make: anonymous },
  { kind: 'a path that no parser has seen', make: rawRequest },
]

describe.each(KINDS)('$kind', ({ make }) => {
  it('reaches no route of Hono whose scope was not required', async () => {
    const property = fc.asyncProperty(tableAndPath, async ({ table, path }) => {
      const request = make(path)
      const asked = await askedBy(table, request)
      const reached = await (await honoWith(table).fetch(request)).text()
      if (!table.exclude.includes(reached)) expect(notAskedOf(asked, [scopeOf(reached)])).toEqual([])
    })
    await fc.assert(property, RUNS)
  })

  it.each(Object.entries(STEPS))(
    'requires the rule of what a router reaches that does %s',
    async (_, step) => {
      const property = fc.asyncProperty(tableAndPath, async ({ table, path }) => {
        const request = make(path)
        const asked = await askedBy(table, request)
        expect(notAskedOf(asked, neededFor(pathIn(request), table))).toEqual([])
        expect(notAskedOf(asked, neededFor(step(pathIn(request)), table))).toEqual([])
      })
      await fc.assert(property, RUNS)
    },
  )

  it('requires the rule of what a router reaches that does several of these in sequence', async () => {
    const steps = fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 2, maxLength: 4 })
    const property = fc.asyncProperty(tableAndPath, steps, async ({ table, path }, names) => {
      const request = make(path)
      const asked = await askedBy(table, request)
      const seen = names.reduce((before, name) => STEPS[name]?.(before) ?? before, pathIn(request))
      expect(notAskedOf(asked, neededFor(seen, table))).toEqual([])
    })
    await fc.assert(property, numRuns(1000))
  })
})

describe('a plain path', () => {
  const plain = fc
    .array(fc.constantFrom(...SEGMENTS, 'y', 'admins'))
    .map((segments) => `/${segments.join('/')}`)

  it('must meet the rule of its longest prefix and no other', async () => {
    const property = fc.asyncProperty(prefixes, plain, async (table, path) => {
      const [needed = 'excluded'] = neededFor(path, table)
      expect(await askedBy(table, rawRequest(path))).toEqual([needed])
    })
    await fc.assert(property, RUNS)
  })
})

/** Answers with the prefix that Hono dispatched to. The longest comes first, because Hono takes the first that matches. */
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
