// Every file that the documents name exists (their links: links.test.ts), and the lines of the log that they quote are those of the code.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type KeySetFault,
  keySetOutage,
  type RevocationFault,
  storeOutage,
} from '../../src/decision/outage-texts.ts'
import { blocksOf, DOCUMENTS, textOf } from './support/documents.ts'
import { ROOT } from './support/run.ts'

/** A path of this repository, in text or code, without placeholders or patterns. */
const NAMED = /(?<![\w./:-])(?:test|src|examples|demo|lab|bench|soak|docs)\/[\w./[\]-]*[\w/](?![\w./-]*[<*])/g

test.each(DOCUMENTS)('%s', (document) => {
  const named =
    textOf(document)
      .replace(/\]\([^)]*\)/g, ']')
      .match(NAMED) ?? []
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

/** A row of the table of outages: where a line of the log begins, and then each fault. */
const OUTAGE_ROW = /^\| `(The [\w ]+) \((\w+)\)`((?:, | or |`\(\w+\)`)*) \|/gm

test('troubleshooting lists every line that an outage leaves in the log', () => {
  const [page = '', texts = ''] = ['docs/troubleshooting.md', 'src/decision/outage-texts.ts'].map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  )
  const listed = [...page.matchAll(OUTAGE_ROW)].flatMap(([, what, first, more = '']) =>
    [first, ...Array.from(more.matchAll(/\((\w+)\)/g), ([, fault]) => fault)].map(
      (fault) => `${what} (${fault})`,
    ),
  )
  const faultsOf = (type: string) => {
    const [, declared = ''] = texts.split(`export type ${type} =`)
    return Array.from((declared.split('\n\n')[0] ?? '').matchAll(/'(\w+)'/g), ([, fault = '']) => fault)
  }
  const keySet = faultsOf('KeySetFault').map((fault) => keySetOutage(fault as KeySetFault, {}))
  // A store that is full fails whoever marks, not a request.
  const store = faultsOf('RevocationFault')
    .filter((fault) => fault !== 'full')
    .map((fault) => storeOutage(fault as RevocationFault, {}))
  const said = [...keySet, ...store].map((line) => line.split(':')[0])
  expect(said.length).toBeGreaterThan(10)
  expect(listed.sort()).toEqual(said.sort())
})

test('the page of Node describes the bridge that is tested over raw sockets', () => {
  const [page, bridge] = ['docs/node.md', 'test/runtimes/sockets/subject/node-bridge.mjs'].map((file) =>
    readFileSync(join(ROOT, file), 'utf8'),
  )
  const expression = 'new Request(origin + req.url,'
  expect([page?.includes(expression), bridge?.includes(expression)]).toEqual([true, true])
})

test.each([
  ['docs/opentelemetry.md', 'examples/node-otel.mjs'],
  ['docs/observing.md', 'examples/worker-observing.ts'],
])('%s begins with the example %s, which is compiled', (...files) => {
  const [page, example] = files.map((file) => readFileSync(join(ROOT, file), 'utf8'))
  const [, shown] = /```[jt]s\n(.*?)```/s.exec(page ?? '') ?? []
  expect(shown).toBe(example?.replace(/^(\/\/.*\n)+\n/, ''))
})

test('the README has at most 130 lines', () => {
  expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(130)
})

/** The pages that the index names below these titles, in their order. */
function pagesUnder(...titles: readonly string[]): readonly string[] {
  return titles.flatMap((title) => {
    const [, section = ''] = textOf('docs/README.md').split(`\n## ${title}\n`)
    const rows = section.split('\n## ')[0] ?? ''
    return Array.from(rows.matchAll(/\]\(([\w-]+\.md)\)/g), ([, page = '']) => `docs/${page}`)
  })
}

const SECTIONS = ['Your platform', 'Your task', 'Facts'] as const

test('the index names every page', () => {
  const all = DOCUMENTS.filter((document) => /^docs\/(?!README)[\w-]+\.md$/.test(document))
  expect(all.length).toBeGreaterThan(25)
  const named = new Set(pagesUnder(...SECTIONS))
  expect(all.filter((page) => !named.has(page))).toEqual([])
})

/** Tables, or of the shell: there is no program to begin with. */
const WITHOUT_PROGRAM = ['options', 'errors', 'messages', 'command-line', 'versioning'].map(
  (page) => `docs/${page}.md`,
)

test.each(pagesUnder('Your platform', 'Your task').filter((page) => !WITHOUT_PROGRAM.includes(page)))(
  '%s begins with a complete program',
  (page) => {
    const [first] = blocksOf(page)
    expect(first?.language).toMatch(/^(ts|js)$/)
    expect(first?.code).toMatch(/^(import|export) /m)
  },
)
