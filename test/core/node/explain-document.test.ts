// The program in docs/explain.md prints what the document says it prints.

import { readFile } from 'node:fs/promises'
import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { expect, it } from 'vitest'
import { holdClock } from '../support/held-clock.ts'

holdClock()

const TIMES = /\d{4}-\d\d-\d\dT[\d:.]+Z/g

it('docs/explain.md', async () => {
  const document = await readFile(new URL('../../../docs/explain.md', import.meta.url), 'utf8')
  const [, program = '', printed = ''] = /```ts\n(.*?)\n```\n.*?\n```\n(.*?)\n```/s.exec(document) ?? []
  const lines: string[] = []
  // The program is JavaScript too, but for its imports.
  const body = `return (async () => {${program.replace(/^import .*$/gm, '')}})()`
  const run = new Function('createMandateVerifier', 'createTestIssuer', 'console', body)
  await run(createMandateVerifier, createTestIssuer, { log: (line: string) => lines.push(line) })
  expect(lines.join('\n').replace(TIMES, 'TIME')).toBe(printed.replace(TIMES, 'TIME'))
  expect(lines.length).toBeGreaterThan(20)
})
