// Random tables of rules by method: a plain path is held to what the model says, and an odd one to that at least.

import { CaracalConfigError, createMandateVerifier, type MandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import {
  isContradictory,
  METHODS,
  type MethodTable,
  methodTables,
  oddPath,
  plainPath,
  ruleFor,
} from '../support/method-rules.ts'
import { heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { rawRequest } from '../support/requests.ts'
import { STEPS } from '../support/routers.ts'

vi.setConfig({ testTimeout: 30_000 })

const RUNS = numRuns(1_000)
const issuer = createTestIssuer()

/** A scope has no blanks. */
const scopeOf = (rule: string) => rule.replaceAll(' ', '_')

function verifierFor({ routes, exclude }: MethodTable): MandateVerifier | undefined {
  const named = Object.fromEntries(routes.map((key) => [key, scopeOf(key)]))
  try {
    return createMandateVerifier(pathOptions(issuer.options, named, exclude))
  } catch (error) {
    if (error instanceof CaracalConfigError) return undefined
    throw error
  }
}

const asking = (method: string, path: string) => ({ ...rawRequest(path), method }) as Request

const method = fc.constantFrom(...METHODS)

it('a table is refused exactly if it contradicts itself', () => {
  let refused = 0
  const property = fc.property(methodTables, (table) => {
    const isRefused = verifierFor(table) === undefined
    expect(isRefused).toBe(isContradictory(table))
    if (isRefused) refused++
  })
  fc.assert(property, RUNS)
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(RUNS.numRuns)
})

it('a plain path is held to the one rule of its method', async () => {
  const property = fc.asyncProperty(methodTables, method, plainPath, async (table, name, path) => {
    const verifier = verifierFor(table)
    fc.pre(verifier !== undefined)
    const [rule, ...others] = await heldTo(verifier, asking(name, path))
    expect(rule).toBe(scopeOf(ruleFor(table, name, path)))
    // Only a path with capitals has another name.
    if (!path.includes('C') && !JSON.stringify(table).includes('C')) expect(others).toEqual([])
  })
  await fc.assert(property, RUNS)
})

it('the order of the keys does not matter', async () => {
  const shuffled = methodTables.chain((table) =>
    fc.record({
      table: fc.constant(table),
      routes: fc.shuffledSubarray([...table.routes], { minLength: table.routes.length }),
      exclude: fc.shuffledSubarray([...table.exclude], { minLength: table.exclude.length }),
    }),
  )
  const property = fc.asyncProperty(shuffled, method, plainPath, async ({ table, ...other }, name, path) => {
    const [one, two] = [verifierFor(table), verifierFor(other)]
    expect(one === undefined).toBe(two === undefined)
    fc.pre(one !== undefined && two !== undefined)
    const [asked, again] = await Promise.all([one, two].map((each) => heldTo(each, asking(name, path))))
    expect(new Set(again)).toEqual(new Set(asked))
  })
  await fc.assert(property, RUNS)
})

it.each(Object.entries(STEPS))(
  'asks for what a router that does %s reaches by this method',
  async (_, step) => {
    const property = fc.asyncProperty(methodTables, method, oddPath, async (table, name, path) => {
      const verifier = verifierFor(table)
      fc.pre(verifier !== undefined)
      const asked = await heldTo(verifier, asking(name, path))
      for (const read of [path, step(path)]) {
        const rule = ruleFor(table, name, read)
        if (rule !== 'excluded') expect(notAskedOf(asked, [scopeOf(rule)])).toEqual([])
      }
    })
    await fc.assert(property, numRuns(300))
  },
)

it('asks for what a router reaches that reads path and method in any case, and drops a suffix', async () => {
  const inCapitals = ({ routes, exclude }: MethodTable): MethodTable => ({
    routes: routes.map((key) => key.toUpperCase()),
    exclude: exclude.map((one) =>
      typeof one === 'string' ? one.toUpperCase() : { exact: one.exact.toUpperCase() },
    ),
  })
  const lower = fc.tuple(method, fc.boolean()).map(([name, isLower]) => (isLower ? name.toLowerCase() : name))
  const property = fc.asyncProperty(methodTables, lower, plainPath, async (table, name, path) => {
    const folded = inCapitals(table)
    const verifier = verifierFor(table)
    fc.pre(
      verifier !== undefined &&
        new Set(folded.routes).size === table.routes.length &&
        !isContradictory(folded),
    )
    const rule = ruleFor(folded, name.toUpperCase(), path.toUpperCase())
    const mine = table.routes.find((key) => key.toUpperCase() === rule)
    // A path for which the root's rule or none applies adds nothing.
    if (mine === undefined || / ?\/$/.test(mine)) return
    for (const spelling of [path, path.toUpperCase(), path.toLowerCase(), `${path}.data`]) {
      expect(notAskedOf(await heldTo(verifier, asking(name, spelling)), [scopeOf(mine)])).toEqual([])
    }
  })
  await fc.assert(property, RUNS)
})
