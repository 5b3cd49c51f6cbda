// The layers of src: which files may import which, and what may be used where.

import { expect, test } from 'vitest'
import { ENTRIES } from '../support/entries.ts'
import { type Import, partOf, readSources, type Source } from './support/sources.ts'

/**
 * The rooms of src from top to bottom: entries, folders, and the shared files. Each may import, types
 * included, only from those below it.
 */
const FLOORS = [
  ...ENTRIES.map(({ name }) => name),
  ...[
    'adapters/',
    'testing/',
    'live/',
    'observe/',
    'guard/',
    'streams/',
    'redis/',
    'revocation/',
    'token/',
    'keys/',
  ],
  ...['request/'],
  ...['requirements', 'decision/', 'mandate', 'lib/'],
]

/** Other packages, and where they may be imported. */
const PACKAGES: readonly { specifier: RegExp; runtime: RegExp; types: RegExp }[] = [
  { specifier: /^jose$/, runtime: /^(token|keys|testing)\//, types: /^(token|keys|testing)\// },
  { specifier: /^@upstash\/redis\//, runtime: /^redis\/upstash-/, types: /^redis\/upstash-/ },
  { specifier: /^hono(\/http-exception)?$/, runtime: /^adapters\/hono/, types: /^adapters\/hono/ },
  {
    specifier: /^#runtime-environment$/,
    runtime: /^(lib\/environment|keys\/(key-set-attempt|newest-document|remote-key-set))\.ts$/,
    types: /^$/,
  },
  {
    specifier: /^cloudflare:workers$/,
    runtime: /^(lib\/runtime-environment|observe\/tracing)\.workerd\.ts$/,
    types: /^$/,
  },
  { specifier: /^#tracing$/, runtime: /^observe\/otel\.ts$/, types: /^$/ },
  { specifier: /^@opentelemetry\/api$/, runtime: /^observe\/tracing\.ts$/, types: /^$/ },
]

const sources = readSources()
test('every import is found', () => {
  const unread = sources.filter(({ code, imports }) => {
    const written = code.match(/\bfrom '|\bimport\s*\(/g)?.length ?? 0
    return written !== imports.length || /\brequire\s*\(\s*['"`]/.test(code)
  })
  expect(unread.map(({ file }) => file)).toEqual([])
  const files = new Set(sources.map(({ file }) => file))
  const missing = sources.flatMap(({ imports }) => imports).filter(({ file }) => file && !files.has(file))
  expect(missing).toEqual([])
})

test('every file is in a room', () => {
  expect([...new Set(sources.map(({ file }) => partOf(file)))].sort()).toEqual([...FLOORS].sort())
})

test('imports point down, those of types too', () => {
  const floorOf = (file: string) => FLOORS.indexOf(partOf(file))
  const upward = sources.flatMap((source) =>
    source.imports.flatMap(({ file }) =>
      file !== undefined && partOf(file) !== partOf(source.file) && floorOf(file) <= floorOf(source.file)
        ? [`${source.file} → ${file}`]
        : [],
    ),
  )
  expect(upward).toEqual([])
})

test.each(ENTRIES)('the entry $name contains only re-exports', ({ name: entry }) => {
  const [source] = sources.filter(({ file }) => partOf(file) === entry)
  const statements = source?.code.replace(/^export (?:type )?\{[^}]*\} from '[^']+'$/gm, '').trim()
  expect(statements).toBe('')
})

test('no file imports itself indirectly', () => {
  expect(cycles('runtime')).toEqual([])
  expect(cycles('types')).toEqual([])
})

/** The groups of files that import each other in a circle; with `types`, type imports count too. */
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

test('other packages are imported only where they belong', () => {
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

test('the core loads only jose', () => {
  const files = ['index.ts', ...reachableFrom('index.ts', 'runtime')]
  const packages = files
    .flatMap(importsOf)
    .filter(({ file, kind }) => file === undefined && kind === 'runtime')
    .map(({ specifier }) => specifier)
  expect([...new Set(packages)].sort()).toEqual(['#runtime-environment', 'jose'])
  expect(files.filter((file) => /^(adapters|testing)\/|upstash|hono|otel|tracing/.test(file))).toEqual([])
})

test('nothing of Node.js is used, except where the environment is read', () => {
  const texts = /'(?:[^'\\\n]|\\.)*'/g
  const found = sources
    .filter(({ file }) => !/^lib\/runtime-environment(\.workerd)?\.ts$/.test(file))
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
