// The options are named in the tables, the public types and docs/options.md. All three are the same.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { GUARD_OPTIONS, RULE_OPTIONS } from '../../src/guard/option-table.ts'
import { OPTIONS } from '../support/options.ts'
import { ROOT } from './support/run.ts'

const page = readFileSync(join(ROOT, 'docs/options.md'), 'utf8')
const optionTypes = ['src/guard/options.ts', 'src/requirements.ts'].map((file) =>
  readFileSync(join(ROOT, file), 'utf8'),
)

/** Option → default, as on the page. */
const documented = new Map(
  (page.split('## `keySet`')[0] ?? '').split('\n').flatMap((line) => {
    const [, option, text] = /^\| `(\w+)` \|(.*?)\|/.exec(line) ?? []
    return option === undefined ? [] : [[option, text?.trim()] as const]
  }),
)

it('the page names the options of the type, with their defaults', () => {
  const withDefault = Object.entries(OPTIONS).filter(([, text]) => text !== '')
  expect([...documented.keys()].sort()).toEqual(Object.keys(OPTIONS).sort())
  expect(Object.fromEntries(documented)).toMatchObject(Object.fromEntries(withDefault))
})

it('the tables have the same options', () => {
  expect([...Object.keys(RULE_OPTIONS), ...Object.keys(GUARD_OPTIONS)].sort()).toEqual(
    Object.keys(OPTIONS).sort(),
  )
})

/** A default as it is written in code. Options without one in the table get theirs elsewhere. */
const written = (value: unknown) => `\`${typeof value === 'string' ? `'${value}'` : JSON.stringify(value)}\``

it.each(
  Object.entries({ ...RULE_OPTIONS, ...GUARD_OPTIONS }).flatMap(([name, option]) =>
    'default' in option && typeof option.default !== 'undefined' ? [{ name, value: option.default }] : [],
  ),
)('the default of $name is the one on the page', ({ name, value }) => {
  const text = documented.get(name)
  if (name === 'keySet') {
    const ms = { maxAgeMs: 300_000, maxStaleMs: 600_000, cooldownMs: 30_000, timeoutMs: 5_000 }
    const times = ['5 minutes', '10 minutes', '30 seconds', '5 seconds']
    Object.entries(ms).forEach(([option, time], place) => {
      expect(page).toContain(`| \`${option}\` | \`${time}\`, ${times[place]} |`)
    })
    expect(value).toMatchObject(ms)
  } else if (name === 'verifiedTokenCache') expect(text).toBe(`\`{ maxEntries: ${value} }\``)
  else if (name === 'routes') expect([text, value]).toEqual(['`{}`', []])
  else expect(text).toBe(written(value))
})

it.each([
  { name: 'requiredUse', says: "Default: `'resource'`" },
  { name: 'requireAgent', says: 'Default: `false`' },
  { name: 'maxHopCount', says: 'Default: `10`' },
  { name: 'maxLifetimeSeconds', says: 'Default: `86400`' },
  { name: 'storeTimeoutMs', says: 'Default: `5000`' },
  { name: 'clockToleranceSeconds', says: 'Default: `60`' },
  { name: 'verifiedTokenCache', says: 'Default: `{ maxEntries: 1000 }`' },
])('the documentation of $name in an editor contains "$says"', ({ name, says }) => {
  const comments = optionTypes.flatMap((text) => {
    const before = text.split(new RegExp(`\\n  readonly ${name}\\?:`))[0]
    return before === text || before === undefined ? [] : [before.slice(before.lastIndexOf('/**'))]
  })
  expect(comments.join('').replace(/\s+\*?\s*/g, ' ')).toContain(says)
})
