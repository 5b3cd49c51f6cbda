// What cached tokens keep in memory: themselves and their claims, nothing of the headers that contained them.
// @module-tag slow

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { expect, it } from 'vitest'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function heapMegabytes(): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed / 1_000_000
}

const issuer = createTestIssuer()
const TOKENS = 500
/** The longest header that servers accept. */
const BLANKS = ' '.repeat(30_000)

it.each([
  { title: 'when they are first seen', leads: [BLANKS] },
  { title: 'when they are seen again', leads: ['', BLANKS] },
])('500 mandates in headers of 31,000 characters take 5 MB at most, $title', async ({ leads }) => {
  const verifier = createMandateVerifier(issuer.options)
  await verifier.warmup()
  const tokens = await Promise.all(Array.from({ length: TOKENS }, () => issuer.mint()))
  const before = heapMegabytes()
  for (const lead of leads) {
    for (const token of tokens) {
      const headers = new Headers({ authorization: `Bearer ${lead}${token}` })
      const decision = await verifier.authorize(new Request('https://api.test/', { headers }))
      expect(decision.outcome).toBe('admit')
    }
  }
  expect(heapMegabytes() - before).toBeLessThan(5)
  expect((await verifier.authorizeToken(tokens[0] ?? '')).outcome).toBe('admit')
})
