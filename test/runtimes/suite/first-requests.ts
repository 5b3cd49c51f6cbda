// The very first requests to a fresh process or isolate, all at once.

import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { TIMES } from '../subject/subject.mjs'

const REQUESTS = 50
/** How long the store takes for each question. */
const STORE_MS = 300

export function firstRequests(at: Deployment): void {
  describe('first requests', () => {
    test('fifty of them against a slow issuer and a slow store are all answered', async () => {
      const startedAt = performance.now()
      await at.issuer.be('hold')
      at.redis.intervention = () => delay(STORE_MS)
      const answers = Promise.all(Array.from({ length: REQUESTS }, () => at.askWell()))
      await at.issuer.untilAsked(1)
      // Time for the others to find that the keys are being fetched. With none at all, the test is only easier.
      setTimeout(() => at.issuer.be('serve'), 300)
      expect((await answers).map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200))
      // One fetch for all of them, and one more each time that the keys grew old on a busy machine.
      const ages = Math.floor((performance.now() - startedAt) / TIMES.keySet.maxAgeMs)
      expect(at.issuer.keySetRequests()).toBeLessThanOrEqual(1 + ages)
    })
  })
}
