// How long a property is tried and from which seed, and whether everything it is about has come up.

import fc from 'fast-check'
import { expect, it } from 'vitest'

/** `npm run fuzz` goes by the clock, the quick run by number. The environment can ask for either. */
const isLong = process.env.MODE === 'fuzz'
const runs = wholeNumber('FUZZ_RUNS')
/** For each property. */
const minutes = wholeNumber('FUZZ_MINUTES') ?? (isLong && runs === undefined ? 1 : undefined)
const seed = wholeNumber('FUZZ_SEED') ?? Math.floor(Math.random() * 2 ** 31)

export interface Property<Case> {
  /** Makes the cases. */
  readonly cases: fc.Arbitrary<Case>
  /** How many of them the quick run takes, or some more until everything has come up. */
  readonly runs: number
  /** What has to come up at least once. */
  readonly classes: readonly string[]
  /** Throws where the property does not hold; gives what came up. */
  check(given: Case): Promise<string | readonly string[]>
}

/** Many times the number that is usually enough for everything to come up. */
const MOST_ROUNDS = 20

/** A test of a property. One that is interrupted by the clock has held so far. */
export function property<Case>(title: string, { cases, runs: few, classes, check }: Property<Case>): void {
  const limitMs = minutes === undefined ? undefined : minutes * 60_000
  const timeout = 120_000 * Math.max(1, (runs ?? few) / few) + (limitMs ?? 0) * 2
  it(title, { timeout }, async () => {
    const counts = new Map<string, number>(classes.map((name) => [name, 0]))
    const missing = () => [...counts].filter(([, times]) => times === 0).map(([name]) => name)
    let count = 0
    const held = fc.asyncProperty(cases, async (given) => {
      count++
      for (const name of [await check(given)].flat()) counts.set(name, (counts.get(name) ?? 0) + 1)
    })
    for (let round = 0; round === 0 || (missing().length > 0 && round < MOST_ROUNDS); round++) {
      await fc.assert(held, {
        seed: seed + round,
        numRuns: limitMs === undefined ? (runs ?? few) : Number.MAX_SAFE_INTEGER,
        plugins: limitMs === undefined ? [] : [fc.interruptAfterTimeLimit(limitMs)],
      })
    }
    const account = [...counts].map(([name, times]) => `${name} ${times}`).join(', ')
    process.stdout.write(`${title}: seed ${seed}, ${count} runs: ${account}\n`)
    expect(missing(), 'what never came up').toEqual([])
  })
}

function wholeNumber(name: string): number | undefined {
  const text = process.env[name]
  if (text === undefined || text === '') return undefined
  if (!/^\d{1,10}$/.test(text)) throw new Error(`${name} must be a whole number`)
  return Number(text)
}
