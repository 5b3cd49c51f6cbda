// The simulation of docs/scale.md: what must hold in it, and that the document shows what it prints.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT, runNode } from './support/run.ts'

interface Counts {
  readonly requests: number
  readonly lookups: number
  readonly commands: number
  readonly verifications: number
  readonly waits: number
  readonly reads: number
}

interface Outcome {
  readonly variant: string
  readonly counts: Counts
  readonly lookups: number
  readonly commands: number
  readonly keyFetches: number
  readonly verifiedShare: number
  readonly waitsInMillion: number
  readonly cpuSeconds: number
}

interface Volume {
  readonly perDay: number
  readonly plan: { readonly regions: number; readonly seconds: number; readonly warmup: number }
  readonly outcomes: readonly Outcome[]
}

interface Printed {
  readonly volumes: readonly Volume[]
  readonly sharing: readonly { readonly perSecond: number; readonly commands: readonly number[] }[]
  readonly remembering: readonly { readonly isolates: number; readonly verified: readonly number[] }[]
  readonly tables: readonly (readonly [name: string, text: string])[]
  readonly plot: string
}

/** Look-ups that were asked before the counting began, and answered after. */
const UNDER_WAY = 100
/** Key fetches are rare: two that fall on the other side of the end are no difference. */
const FETCH_NOISE = 1.15

let printed: Printed

beforeAll(async () => {
  printed = JSON.parse(await runNode(['bench/scale.mjs', '--json'], ROOT, 240_000))
}, 240_000)

function variant(outcomes: readonly Outcome[], name: string): Outcome {
  const found = outcomes.find((one) => one.variant === name)
  if (found === undefined) throw new Error(`There is no variant "${name}".`)
  return found
}

function each(check: (on: Outcome, without: (name: string) => Outcome, volume: Volume) => void): void {
  expect(printed.volumes.length).toBeGreaterThan(4)
  for (const volume of printed.volumes) {
    check(variant(volume.outcomes, 'all on'), (name) => variant(volume.outcomes, name), volume)
  }
}

/** Each number is at most the next one. */
function expectRising(numbers: readonly number[]): void {
  expect(numbers.length).toBeGreaterThan(1)
  expect(numbers).toEqual([...numbers].sort((one, other) => one - other))
}

describe('conservation', () => {
  test('every request is answered by one look-up', () => {
    each((_on, _without, { plan, outcomes }) => {
      for (const { counts } of outcomes) {
        const isWhole = plan.warmup === 0
        expect(counts.requests).toBeGreaterThan(50_000)
        expect(Math.abs(counts.lookups - counts.requests)).toBeLessThanOrEqual(isWhole ? 0 : UNDER_WAY)
      }
    })
  })

  test('all variants get the same requests, as many as the volume says', () => {
    each((on, _without, { perDay, plan, outcomes }) => {
      const expected = ((perDay / 100) * plan.regions * plan.seconds) / 86_400
      expect(new Set(outcomes.map(({ counts }) => counts.requests)).size).toBe(1)
      expect(on.counts.requests / expected).toBeGreaterThan(0.95)
      expect(on.counts.requests / expected).toBeLessThan(1.05)
    })
  })

  test('nothing is asked, verified or waited for more often than there are requests', () => {
    each((_on, _without, { outcomes }) => {
      for (const { counts } of outcomes) {
        expect(counts.commands).toBeLessThanOrEqual(counts.lookups)
        expect(counts.verifications).toBeLessThanOrEqual(counts.requests)
        expect(counts.waits).toBeLessThanOrEqual(counts.requests)
      }
    })
  })
})

describe('a feature that is off never makes less of what it saves', () => {
  test('shared questions: one command for each look-up', () => {
    each((on, without) => {
      const off = without('without shared questions')
      expect(off.commands).toBe(off.lookups)
      expect(off.commands).toBeGreaterThanOrEqual(on.commands)
    })
  })

  test('remembered signatures: each is verified', () => {
    each((on, without) => {
      expect(without('without remembered signatures').verifiedShare).toBe(1)
      expect(on.verifiedShare).toBeLessThan(1)
      expect(without('without remembered signatures').cpuSeconds).toBeGreaterThan(on.cpuSeconds)
    })
  })

  test('keySet.cache: the STS is asked more often, and nothing is read', () => {
    each((on, without) => {
      const off = without('without `keySet.cache`')
      expect(off.counts.reads).toBe(0)
      expect(off.keyFetches * FETCH_NOISE).toBeGreaterThan(on.keyFetches)
    })
    const busiest = printed.volumes.at(-1)?.outcomes ?? []
    const [on, off] = ['all on', 'without `keySet.cache`'].map((name) => variant(busiest, name).keyFetches)
    expect(off).toBeGreaterThan((on ?? Number.NaN) * 3)
  })

  test('refresh ahead: more requests wait for keys', () => {
    each((on, without) => {
      expect(without('without refresh ahead').waitsInMillion).toBeGreaterThan(on.waitsInMillion)
    })
  })

  test('all of them: more CPU', () => {
    each((on, without) => expect(without('all off').cpuSeconds).toBeGreaterThan(on.cpuSeconds))
  })
})

test('more requests make more look-ups and commands', () => {
  const ofAllOn = printed.volumes.map(({ outcomes }) => variant(outcomes, 'all on'))
  expectRising(ofAllOn.map(({ lookups }) => lookups))
  expectRising(ofAllOn.map(({ commands }) => commands))
})

test('questions are shared more, the busier an isolate and the farther Redis; alone, not at all', () => {
  const quiet = printed.sharing[0]
  expect(quiet?.perSecond).toBe(10)
  expect(quiet?.commands[0]).toBe(1)
  for (const { commands } of printed.sharing) expectRising([...commands].reverse())
  for (const column of quiet?.commands.keys() ?? []) {
    expectRising(printed.sharing.map(({ commands }) => commands[column] ?? Number.NaN).reverse())
  }
})

test('signatures are remembered less, the more isolates a mandate visits and the fewer are kept', () => {
  for (const { verified } of printed.remembering) expectRising([...verified].reverse())
  expectRising(printed.remembering.map(({ verified }) => verified[0] ?? Number.NaN))
})

describe('docs/scale.md (if not: npm run bench:scale -- --publish)', () => {
  test('shows the tables that the program prints', () => {
    const document = readFileSync(join(ROOT, 'docs/scale.md'), 'utf8')
    expect(printed.tables.length).toBeGreaterThan(4)
    for (const [name, text] of printed.tables) {
      expect(document).toContain(`<!-- ${name} -->\n\n${text}\n\n<!-- /${name} -->`)
    }
  })

  test('shows the plot that the program draws', () => {
    expect(readFileSync(join(ROOT, 'docs/scale.svg'), 'utf8')).toBe(printed.plot)
  })
})
