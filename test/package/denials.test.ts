// The codes, statuses and reasons of denials are the same in the table, the types and the documents.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DENIALS } from '../../src/decision/denials.ts'
import { STATUS_OF } from '../support/protocol-answers.ts'
import { ROOT } from './support/run.ts'

const [TROUBLES = '', PROTOCOL = '', TYPES = ''] = [
  'docs/troubleshooting.md',
  'docs/protocol.md',
  'src/decision/decision.ts',
].map((file) => readFileSync(join(ROOT, file), 'utf8'))

const rows = Object.entries(DENIALS)
const codes = [...new Map(rows.map(([, { code, status }]) => [code, status]))].sort()
const tokenReasons = rows.flatMap(([reason, { code }]) => (code === 'invalid_token' ? [reason] : []))

/** The part of a document between two strings. */
function between(text: string, start: string, end: string): string {
  const [, after = ''] = text.split(start)
  return after.split(end)[0] ?? ''
}

const namesIn = (text: string) => Array.from(text.matchAll(/[`']([a-z_]+)[`']/g), ([, name = '']) => name)

test('every code has one status', () => {
  expect(codes).toHaveLength(new Set(rows.map(([, { code, status }]) => `${code} ${status}`)).size)
})

test('the tests know the codes with their statuses', () => {
  expect(Object.entries(STATUS_OF).sort()).toEqual(codes)
})

test('troubleshooting lists the codes under their statuses, with the reasons of invalid_token', () => {
  const sections = between(TROUBLES, '## The answer says', '### How an answer is made')
    .split('\n### ')
    .slice(1)
  const rows = sections.flatMap((section) =>
    Array.from(section.matchAll(/^\| `(?!error`)(\w+)` \| `(\w+)` \|/gm), ([, code = '', reason = '']) => ({
      code,
      status: Number.parseInt(section, 10),
      reason,
    })),
  )
  const listed = new Map(rows.map(({ code, status }) => [code, status]))
  expect([...listed].sort()).toEqual(codes)
  expect(new Set(rows.map(({ code, status }) => `${code} ${status}`))).toHaveLength(listed.size)
  const reasons = rows.flatMap(({ code, reason }) => (code === 'invalid_token' ? [reason] : []))
  expect(reasons.sort()).toEqual(tokenReasons.sort())
})

test('the protocol lists the codes with their statuses', () => {
  const lines = PROTOCOL.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (\d{3})\b/gm)
  const listed = [...lines].flatMap(([, names = '', status]) =>
    namesIn(names).map((code) => [code, Number(status)]),
  )
  expect(listed.sort()).toEqual(codes)
})

test('the public types name the codes, the reasons and the statuses', () => {
  const typeNamed = (name: string) => between(TYPES, `export type ${name} =\n`, '\n\n')
  expect(namesIn(typeNamed('DenialCode')).sort()).toEqual(codes.map(([code]) => code))
  expect(namesIn(typeNamed('InvalidTokenReason')).sort()).toEqual(tokenReasons.sort())
  const statuses = between(TYPES, 'readonly status: ', '\n').split(' | ').map(Number)
  expect(statuses).toEqual([...new Set(codes.map(([, status]) => status))].sort())
})
