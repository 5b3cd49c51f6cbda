// The tables of docs/options.md and docs/errors.md, from the tables and comments of the sources.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DENIALS } from '../../../src/decision/denials.ts'
import { GUARD_OPTIONS, RULE_OPTIONS } from '../../../src/guard/option-table.ts'
import { DEFAULT_KEY_SETTING } from '../../../src/keys/key-setting.ts'
import { OPTIONS } from '../../support/options.ts'
import { ROOT } from './run.ts'

const [GUARD_TYPES = '', KEY_SET_TYPES = ''] = [
  ['src/guard/options.ts', 'src/requirements.ts'],
  ['src/keys/key-set-options.ts'],
].map((files) => files.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n'))

interface Documented {
  readonly meaning: string
  readonly standard: string
}

/** The last comment with this member: the guard's, where a route has it too. */
function documentationOf(name: string, types: string): Documented {
  const members = [
    ...types.matchAll(new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+readonly ${name}\\?*:`, 'g')),
  ]
  const comment = members.at(-1)?.[1]
  if (comment === undefined) throw new Error(`The option ${name} has no comment.`)
  const text =
    comment
      .replace(/^\s*\*? ?/gm, ' ')
      .split(' @')[0]
      ?.replace(/\s+/g, ' ')
      .trim() ?? ''
  const plain = text.replace(/\{@link (\w+)\}/g, '`$1`')
  const [sentence, standard = ''] = / ?Default: ((?:`[^`]*`|[^.`])*)\./.exec(plain) ?? ['']
  return { meaning: plain.replace(sentence, '').trim(), standard }
}

/** A row of a table in Markdown. */
const row = (...cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

export function optionTables(): string {
  const rows = Object.keys({ ...RULE_OPTIONS, ...GUARD_OPTIONS }).map((name) => {
    const { meaning, standard } = documentationOf(name, GUARD_TYPES)
    const written = Object.entries(OPTIONS).find(([option]) => option === name)?.[1] ?? ''
    return row(`\`${name}\``, written === '' ? standard : written, name in RULE_OPTIONS ? 'yes' : '', meaning)
  })
  return [
    '| option | default | in `routes` | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
    '## `keySet`',
    '',
    '| option | default | meaning |',
    '|---|---|---|',
    ...keySetRows(),
  ].join('\n')
}

function keySetRows(): readonly string[] {
  const names = Array.from(
    (KEY_SET_TYPES.split('interface KeySetOptions')[1] ?? '').matchAll(/^ {2}readonly (\w+)\?:/gm),
    ([, name = '']) => name,
  )
  return names.map((name) => {
    const { meaning, standard } = documentationOf(name, KEY_SET_TYPES)
    const value = Object.entries(DEFAULT_KEY_SETTING).find(([option]) => option === name)?.[1]
    return row(`\`${name}\``, typeof value === 'number' ? `\`${value}\`, ${standard}` : standard, meaning)
  })
}

export function errorTable(): string {
  const rows = Object.entries(DENIALS).map(([reason, { code, status, description, hint }]) =>
    row(`\`${code}\``, String(status), `\`${reason}\``, description, hint),
  )
  return ['| code | status | reason | description | hint |', '|---|---|---|---|---|', ...rows].join('\n')
}

/** The text with something else between the two comments of this name. */
export function withPart(text: string, name: string, part: string): string {
  const marked = new RegExp(`(<!-- ${name}: [^\\n]*-->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`)
  if (!marked.test(text)) throw new Error(`There is no place for ${name}.`)
  return text.replace(marked, (_, before: string, after: string) => `${before}\n${part}\n${after}`)
}
