// The folders beside src: `lab` is shared. The others import the package by its name, and never each other.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './support/run.ts'

/** Each folder, and the others that its files may import from. */
const MAY_IMPORT: readonly [folder: string, others: readonly string[]][] = [
  ['lab', []],
  ['cli', ['lab']],
  ['demo', ['lab']],
  ['bench', ['lab']],
  ['soak', ['lab']],
  ['examples', []],
]

/** The specifiers of a file: of `from`, of a bare `import`, of `import()` in code or in a type. */
const SPECIFIER = /(?:\bfrom\s+|\bimport\s+|\bimport\s*\(\s*)(['"`])([^'"`\n]+)\1/g

interface Import {
  readonly file: string
  readonly specifier: string
  /** The folder of this repository that a specifier names; `undefined` for a package. */
  readonly folder: string | undefined
}

function importsOf(folder: string): readonly Import[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(mjs|ts|tsx)$/.test(name) && !name.includes('.next'))
    .map((name) => join(folder, name))
    .flatMap((file) =>
      Array.from(readFileSync(join(ROOT, file), 'utf8').matchAll(SPECIFIER), ([, , specifier = '']) => ({
        file,
        specifier,
        folder: specifier.startsWith('.') ? join(dirname(file), specifier).split('/')[0] : undefined,
      })),
    )
}

test.each(MAY_IMPORT)(
  '%s imports the package by its name, and of the other folders only %j',
  (folder, others) => {
    const imports = importsOf(folder)
    expect(imports.map(({ specifier }) => specifier)).toContainEqual(expect.stringMatching(/^caracal-edge/))
    const wrong = imports.filter(
      (one) => one.folder !== undefined && one.folder !== folder && !others.includes(one.folder),
    )
    expect(wrong).toEqual([])
  },
)

test('the tests import only lab, cli, the examples and tools', () => {
  const folders = new Set(importsOf('test').map((one) => one.folder))
  const others = [...MAY_IMPORT.map(([folder]) => folder), 'tools']
  expect(others.filter((folder) => folders.has(folder))).toEqual(['lab', 'cli', 'examples', 'tools'])
})

test.each(['lab', 'cli'])('the programs of %s are short', (folder) => {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
  const programs = files.filter((name) => /\.(mjs|ts)$/.test(name))
  expect(programs.length).toBeGreaterThan(5)
  const long = programs.filter(
    (name) => readFileSync(join(ROOT, folder, name), 'utf8').split('\n').length - 1 > 250,
  )
  expect(long).toEqual([])
})
