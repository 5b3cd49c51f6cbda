// What is written into the documents from the sources. `npm run docs` runs this file and writes what has changed.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PAGES, textOf } from './support/documents.ts'
import { codeIn, withExamples } from './support/regions.ts'
import { ROOT } from './support/run.ts'

/** A difference is a failure. With `--update`, the file is written instead. */
const expectWritten = (file: string, text: string) => expect(text).toMatchFileSnapshot(join(ROOT, file))

test.each(PAGES)('%s shows the examples as they are (if not: npm run docs)', async (page) => {
  await expectWritten(page, withExamples(page, textOf(page)))
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
