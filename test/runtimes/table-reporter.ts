// Prints at the end of a run what became of every case in every runtime.

import type { Reporter, TestCase, TestModule } from 'vitest/node'

const MARKS = { passed: '✓', failed: '✗', pending: '?', skipped: '–' } as const
const NONE = MARKS.skipped

/** Title of a case → name of a runtime → its mark. */
type Table = Map<string, Map<string, string>>

export default class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const table: Table = new Map()
    const runtimes = new Set<string>()
    const skipped = new Set<string>()
    // A run of everything has other tests besides.
    const runtimeModules = modules.filter(({ project }) => project.name === 'runtimes')
    for (const test of runtimeModules.flatMap(({ children }) => [...children.allTests()])) {
      const [runtime = '', ...title] = titlesOf(test)
      runtimes.add(runtime)
      if (title.length === 1 && test.result().state === 'skipped') skipped.add(`${runtime}: ${title[0]}`)
      else mark(table, title.join(' › '), runtime, MARKS[test.result().state])
    }
    console.log(`\n${textOf(table, [...runtimes])}`)
    for (const reason of skipped) console.log(`skipped: ${reason}`)
  }
}

/** From the suite of the runtime down to the case. */
function titlesOf(test: TestCase): string[] {
  const titles = [test.name]
  for (let { parent } = test; parent.type === 'suite'; { parent } = parent) titles.unshift(parent.name)
  return titles
}

function mark(table: Table, title: string, runtime: string, sign: string): void {
  const row = table.get(title) ?? new Map()
  table.set(title, row.set(runtime, sign))
}

/** A column for each runtime, with its name above it on a line of its own. */
function textOf(table: Table, runtimes: readonly string[]): string {
  const heads = runtimes.map((name, index) => `${'│ '.repeat(index)}┌ ${name}`)
  const rows = [...table].map(
    ([title, row]) => `${runtimes.map((name) => row.get(name) ?? NONE).join(' ')}  ${title}`,
  )
  return [...heads, ...rows, '✓ passed  ✗ failed  – not asked of this runtime'].join('\n')
}
