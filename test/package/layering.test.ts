// Holds src to its layers: who may import whom, and what may be used where.

import { expect, test } from 'vitest'
import { type Import, partOf, readSources, type Source } from './support/sources.ts'

/**
 * Every part of src and the parts that it imports at run time, then `:` and those of which it imports nothing
 * but types. A part stands above all that it imports at run time. The table is exact: a new line in src may
 * need a word here, and then it is worth a thought whether it points the right way.
 */
const LAYERS = `
  index → errors mandate-of mandate-verifier response/ revocation/ with-caracal : config/ decision mandate/
  upstash → revocation/
  fetch → adapters/
  hono → adapters/
  testing/ → revocation/ : config/
  adapters/ → config/ decision errors guard-source mandate-of own-member response/ revocation/ : mandate/ pipeline request/
  with-caracal → errors guard-source mandate-of response/ : config/ mandate/
  mandate-verifier → config/ pipeline : decision
  guard-source → config/ decision errors is-within limits pipeline thenable
  pipeline → decision errors mandate/ observer request/ revocation/ thenable : config/
  observer → thenable : config/ decision
  mandate-of → : mandate/
  mandate/ → bounded-body errors is-within limits own-member time-limit uncached well-formed : config/ decision
  revocation/ → bounded-body config/ default-ttl errors limits own-member thenable time-limit uncached well-formed : decision mandate/
  response/ → limits own-member : config/ decision
  config/ → default-ttl errors limits own-member request/ thenable well-formed : decision mandate/ revocation/
  request/ → limits
  decision → : errors mandate/
  bounded-body →
  thenable →
  time-limit →
  uncached → own-member
  errors →
  is-within →
  limits →
  own-member →
  default-ttl →
  well-formed →
`

/** Other people's code, and where it may be imported. */
const PACKAGES: readonly { specifier: RegExp; runtime: RegExp; types: RegExp }[] = [
  { specifier: /^jose$/, runtime: /^(mandate|testing)\//, types: /^(mandate|testing)\// },
  { specifier: /^@upstash\/redis\//, runtime: /^revocation\/upstash-/, types: /^revocation\// },
  { specifier: /^hono(\/http-exception)?$/, runtime: /^adapters\/hono\.ts$/, types: /^adapters\/hono\.ts$/ },
  { specifier: /^#runtime-environment$/, runtime: /^config\/environment\.ts$/, types: /^$/ },
  { specifier: /^cloudflare:workers$/, runtime: /^config\/runtime-environment\.workerd\.ts$/, types: /^$/ },
]

const sources = readSources()
const rows = LAYERS.trim()
  .split('\n')
  .map((row) => row.trim())

/** A part and its imports as a row of the table. */
function rowOf(part: string): string {
  const imports = sources
    .filter(({ file }) => partOf(file) === part)
    .flatMap((source) => source.imports)
    .flatMap(({ file, kind }) => (file === undefined ? [] : [{ part: partOf(file), kind }]))
    .filter((imported) => imported.part !== part)
  const runtime = new Set(imports.filter(({ kind }) => kind === 'runtime').map((imported) => imported.part))
  const types = new Set(imports.map((imported) => imported.part).filter((imported) => !runtime.has(imported)))
  return [part, '→', ...[...runtime].sort(), ...(types.size > 0 ? [':', ...[...types].sort()] : [])].join(' ')
}

test('finds every import there is', () => {
  const unread = sources.filter(({ code, imports }) => {
    const froms = code.match(/\bfrom '/g)?.length ?? 0
    return froms !== imports.length || /\bimport\s*\(|\brequire\s*\(\s*['"`]/.test(code)
  })
  expect(unread.map(({ file }) => file)).toEqual([])
  const files = new Set(sources.map(({ file }) => file))
  const missing = sources.flatMap(({ imports }) => imports).filter(({ file }) => file && !files.has(file))
  expect(missing).toEqual([])
})

test('the parts import each other exactly as the table says', () => {
  const parts = new Set(sources.map(({ file }) => partOf(file)))
  expect([...parts].map(rowOf).sort()).toEqual([...rows].sort())
})

test('runtime imports point down the table', () => {
  const parts = rows.map((row) => row.split(' ')[0])
  const upward = rows.flatMap((row, index) => {
    const [part, _, ...imported] = row.replace(/ :.*/, '').split(' ')
    return imported.filter((other) => parts.indexOf(other) <= index).map((other) => `${part} → ${other}`)
  })
  expect(upward).toEqual([])
})

test('no file imports itself in a roundabout way', () => {
  expect(cycles('runtime')).toEqual([])
  expect(cycles('types')).toEqual([])
})

/** The groups of files that can all be reached from each other; with `types`, by imports of either kind. */
function cycles(kinds: Import['kind']): readonly (readonly string[])[] {
  const reached = new Map(sources.map(({ file }) => [file, reachableFrom(file, kinds)]))
  const groups = sources
    .filter(({ file }) => reached.get(file)?.has(file))
    .map(({ file }) => [...(reached.get(file) ?? [])].filter((other) => reached.get(other)?.has(file)).sort())
  return [...new Map(groups.map((group) => [group.join(), group])).values()]
}

function reachableFrom(start: string, kinds: Import['kind']): ReadonlySet<string> {
  const reached = new Set<string>()
  const visit = (file: string) => {
    for (const one of importsOf(file)) {
      if (one.file === undefined || reached.has(one.file)) continue
      if (kinds === 'runtime' && one.kind === 'types') continue
      reached.add(one.file)
      visit(one.file)
    }
  }
  visit(start)
  return reached
}

function importsOf(file: string): readonly Import[] {
  return sources.find((source) => source.file === file)?.imports ?? []
}

test('other people’s code is imported where it belongs', () => {
  const misplaced = sources.flatMap(({ file, imports }) =>
    imports
      .filter((one) => one.file === undefined)
      .filter(
        ({ specifier, kind }) => !PACKAGES.some((it) => it.specifier.test(specifier) && it[kind].test(file)),
      )
      .map(({ specifier }) => `${file} imports ${specifier}`),
  )
  expect(misplaced).toEqual([])
})

test('the core loads jose and nothing else', () => {
  const files = ['index.ts', ...reachableFrom('index.ts', 'runtime')]
  const packages = files
    .flatMap(importsOf)
    .filter(({ file, kind }) => file === undefined && kind === 'runtime')
    .map(({ specifier }) => specifier)
  expect([...new Set(packages)].sort()).toEqual(['#runtime-environment', 'jose'])
  expect(files.filter((file) => /^(adapters|testing)\/|upstash|hono/.test(file))).toEqual([])
})

test('nothing of Node.js is used, save where the environment is read', () => {
  const texts = /'(?:[^'\\\n]|\\.)*'/g
  const found = sources
    .filter(({ file }) => !/^config\/runtime-environment(\.workerd)?\.ts$/.test(file))
    .flatMap(({ file, code }) => namesOfNode(code.replace(texts, "''")).map((name) => `${file}: ${name}`))
  expect(found).toEqual([])
  expect(sources.filter(({ code }) => code.includes("'node:")).map(({ file }) => file)).toEqual([])
})

function namesOfNode(code: string): readonly string[] {
  return code.match(/\b(?:process|Buffer|setImmediate|__dirname|__filename)\b|\bglobal\./g) ?? []
}

test.each(sources)('$file is short and says what it is for', ({ text }: Source) => {
  expect(text.split('\n').length - 1).toBeLessThanOrEqual(250)
  expect(text).toMatch(/^(\/\/ \S.*\n){1,2}\n/)
})
