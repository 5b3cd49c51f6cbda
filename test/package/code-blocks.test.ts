// Every block of TypeScript and JavaScript in the documents compiles. CONTRIBUTING.md has the rules.

import { beforeAll, expect, test } from 'vitest'
import { type Checked, checkBlocks } from './support/check-blocks.ts'
import { PAGES } from './support/documents.ts'

/** Blocks that say why they cannot be checked. */
const MOST_UNCHECKED = 5

let outcome: Checked

beforeAll(async () => {
  outcome = await checkBlocks(PAGES)
}, 90_000)

test('the blocks compile', () => {
  expect(outcome.checked.length).toBeGreaterThan(20)
  expect(outcome.mistakes).toEqual([])
})

test(`at most ${MOST_UNCHECKED} blocks are not checked, and each says why`, () => {
  const places = outcome.unchecked.map(({ page, line, notes }) => `${page}:${line} ${notes.unchecked}`)
  if (places.length > 0) console.info(`not checked:\n${places.join('\n')}`)
  expect(places.length).toBeLessThanOrEqual(MOST_UNCHECKED)
  expect(outcome.unchecked.filter(({ notes }) => (notes.unchecked ?? '').length < 10)).toEqual([])
})
