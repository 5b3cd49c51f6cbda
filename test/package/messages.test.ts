// The documents hold every message that the package can print, every reason of a refusal, and every line of the log.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { DENIALS } from '../../src/decision/denials.ts'
import { messagesPage, PAGE, sectionOf } from './messages.mjs'
import { ROOT } from './support/run.ts'

const page = readFileSync(PAGE, 'utf8')
const troubleshooting = readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8')

let scanned = ''

// It parses all sources, which takes a while on a busy machine.
beforeAll(() => {
  scanned = messagesPage()
}, 60_000)

test('the page of messages is that of the sources: node test/package/messages.mjs', () => {
  expect(page).toBe(scanned)
})

test.each(Object.entries(DENIALS))(
  'troubleshooting has a row for %s',
  (reason, { code, description, hint }) => {
    expect(troubleshooting).toMatch(new RegExp(`^\\| \`${code}\` \\| \`${reason}\` \\|`, 'm'))
    // What the scan of the sources must have found.
    for (const text of [description, hint]) expect(page).toContain(text)
  },
)

/** The beginnings of rows in the table under a title. */
function rowsUnder(title: string): readonly string[] {
  const [, after = ''] = troubleshooting.split(`\n## ${title}\n`)
  const section = after.split('\n## ')[0] ?? ''
  return Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, text = '']) => text)
}

/** Lines of the log that are whole sentences, and neither a part of another one nor code. */
const isLine = (text: string) => text.length > 30 && !text.startsWith('app.use(')

test('troubleshooting has a row for each line of the log, and no other', () => {
  const rows = rowsUnder('The log says')
  const atTheStart = rowsUnder('It does not start')
  const lines = sectionOf('In the log: anything else')
  const isIn = (line: string) => [...rows, ...atTheStart].some((row) => line.includes(row))
  expect(lines.length).toBeGreaterThan(10)
  expect(lines.filter((line) => isLine(line) && !isIn(line))).toEqual([])
  // `… threw …:` is too short to be taken for a sentence.
  expect(rows.filter((row) => row !== 'threw' && !page.includes(row))).toEqual([])
})

test('the mistakes that troubleshooting names are among the messages', () => {
  const rows = rowsUnder('It does not start')
  expect(rows.length).toBeGreaterThan(5)
  // `must be a list of strings, not a string` is made of a template.
  const told = page.replaceAll('a list of …, not ……', 'a list of strings, not a string')
  const all = `${told}\nUnknown option`
  expect(rows.filter((row) => !all.includes(row))).toEqual([])
})
