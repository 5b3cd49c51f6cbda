// What somebody gets wrong who uses the package for the first time, and that the message says what to do.

import { describe, expect, it } from 'vitest'
import { messageOf, type NewcomersMistake, VALUE } from './attempt.ts'
import { GUARD_CALL_MISTAKES } from './guard-calls.ts'
import { HONO_CALL_MISTAKES } from './hono-calls.ts'
import { OPTION_MISTAKES } from './options.ts'
import { STORE_CALL_MISTAKES } from './store-calls.ts'

const CALL_MISTAKES = [...GUARD_CALL_MISTAKES, ...HONO_CALL_MISTAKES, ...STORE_CALL_MISTAKES]

async function expectAdvice({ make, says }: NewcomersMistake): Promise<void> {
  const message = await messageOf(make)
  for (const part of says) {
    if (typeof part === 'string') expect(message).toContain(part)
    else expect(message).toMatch(part)
  }
  expect(message, 'a value of the developer').not.toContain(VALUE)
}

describe('a mistake in the options:', () => {
  it.each(OPTION_MISTAKES)('$title', expectAdvice)
})

describe('a mistake in a call:', () => {
  it.each(CALL_MISTAKES)('$title', expectAdvice)
})

it('the list is long, and names no mistake twice', () => {
  const titles = [OPTION_MISTAKES, CALL_MISTAKES].map((list) => list.map(({ title }) => title))
  for (const list of titles) expect(new Set(list).size).toBe(list.length)
  expect(titles.flat().length).toBeGreaterThanOrEqual(115)
})
