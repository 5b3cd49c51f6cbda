// Writes the cases of this folder into src/testing/conformance, where the package ships them.
// @ts-check

import { readFileSync, writeFileSync } from 'node:fs'

const FILES = [
  { from: 'cases.json', to: 'given-cases.ts', name: 'GIVEN_CASES', what: 'The cases of the catalogue' },
  { from: 'own-cases.json', to: 'own-cases.ts', name: 'OWN_CASES', what: 'More cases of this package' },
]

/** @typedef {{ readonly [member: string]: unknown, readonly id: string, readonly gen: unknown, readonly expect: { readonly [member: string]: unknown } }} RawCase */

/** @param {RawCase} given */
function shipped({ id, group, title, what, severity, expect, gen }) {
  const named = group ?? id.replace(/^own-|-\d+$/g, '')
  return {
    id,
    group: named,
    title,
    ...(what !== undefined && { what }),
    severity: severity ?? 'high',
    expect,
    gen,
  }
}

/**
 * Leaves out what is said of an expectation in words, in variants too.
 *
 * @param {string} member
 * @param {unknown} value
 */
function judged(member, value) {
  if (member !== 'expect' || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'handler' && name !== 'detail'))
}

/** @param {typeof FILES[number]} file */
export function sourceOf({ from, name, what }) {
  /** @type {readonly RawCase[]} */
  const cases = JSON.parse(readFileSync(new URL(from, import.meta.url), 'utf8'))
  // Those in prose are tests of this repository.
  const lines = cases
    .filter(({ gen }) => gen !== null)
    .map((each) => `  ${JSON.stringify(shipped(each), judged)},`)
  const text = lines
    .join('\n')
    .replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  // In a program it would set the prototype.
  if (/"__proto__":/.test(text)) throw new Error('A member is named __proto__')
  return `// ${what}, written by test/conformance/write-catalogue.mjs from ${from}: change it there.

import type { Case } from './case.ts'

export const ${name}: readonly Case[] = [
${text}
]
`
}

export const CATALOGUE = FILES.map((file) => ({
  file: new URL(`../../src/testing/conformance/${file.to}`, import.meta.url),
  source: sourceOf(file),
}))

if (process.argv[1] === import.meta.filename) {
  for (const { file, source } of CATALOGUE) writeFileSync(file, source)
}
