// What is written into the documents from the sources. `npm run docs` runs this file and writes what has changed.

import { readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DIGEST_FILE, referenceDigest } from '../../tools/reference-digest.mjs'
import { START_COMMANDS } from '../examples/support/examples.ts'
import { blocksOf, PAGES, textOf } from './support/documents.ts'
import { indexForModels } from './support/llms.ts'
import { codeIn, withExamples } from './support/regions.ts'
import { ROOT } from './support/run.ts'
import { errorTable, optionTables, withPart } from './support/tables.ts'

/** What is written between two comments of a page. */
const PARTS: { readonly [page: string]: { readonly name: string; readonly text: () => string } } = {
  'docs/options.md': { name: 'options', text: optionTables },
  'docs/errors.md': { name: 'errors', text: errorTable },
}

/** A difference is a failure. With `--update`, the file is written instead. */
const expectWritten = (file: string, text: string) => expect(text).toMatchFileSnapshot(join(ROOT, file))

test.each(PAGES)('%s shows the examples as they are (if not: npm run docs)', async (page) => {
  const text = withExamples(page, textOf(page))
  const part = PARTS[page]
  await expectWritten(page, part === undefined ? text : withPart(text, part.name, part.text()))
})

test('every example that a page shows is started by test/examples, or is part of one that is', () => {
  const shown = PAGES.flatMap((page) => blocksOf(page)).flatMap(({ notes }) =>
    notes.example === undefined ? [] : [posix.relative('examples', notes.example.split('#')[0] ?? '')],
  )
  const imported = [...START_COMMANDS.keys()]
    .map((file) => readFileSync(join(ROOT, 'examples', file), 'utf8'))
    .join()
  const isRun = (file: string) =>
    START_COMMANDS.has(file) ||
    imported.includes(`/${posix.basename(file)}'`) ||
    imported.includes(`/${posix.basename(file, '.ts')}'`)
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.filter((file) => !isRun(file))).toEqual([])
})

test('llms.txt is the index of the documents (if not: npm run docs)', async () => {
  await expectWritten('llms.txt', indexForModels())
})

test('the reference is the one of these declarations (if not: npm run reference)', () => {
  const folder = join(ROOT, 'docs/reference')
  expect(readFileSync(join(folder, DIGEST_FILE), 'utf8')).toBe(referenceDigest(ROOT, folder))
})

describe('a region of a file', () => {
  const file = [
    '// Not shown.',
    '// #region all',
    '  a()',
    '  // #region part',
    '  if (b) {',
    '',
    '    c()',
    '  }',
    '  // #endregion part',
    '// #endregion all',
  ].join('\n')

  test.each([
    ['all', 'a()\nif (b) {\n\n  c()\n}\n'],
    ['part', 'if (b) {\n\n  c()\n}\n'],
    [undefined, '// Not shown.\n  a()\n  if (b) {\n\n    c()\n  }\n'],
  ])('%s', (region, code) => expect(codeIn(file, region, 'file')).toBe(code))

  test.each(['other', 'al'])('there is no region %s', (region) => {
    expect(() => codeIn(file, region, `file#${region}`)).toThrow(`There is no region file#${region}.`)
  })

  test('is put into the block that names it', () => {
    const page = 'Text.\n\n<!-- example: package.json -->\n\n```json\nold\n```\n\n```json\nstays\n```\n'
    const written = withExamples('page.md', page)
    expect(written).toContain('```json\n{\n  "name": "caracal-edge",')
    expect(written.endsWith('}\n```\n\n```json\nstays\n```\n')).toBe(true)
    expect(withExamples('page.md', written)).toBe(written)
  })
})
