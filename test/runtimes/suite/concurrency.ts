// Many requests at once: nobody sees what belongs to another.

import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'

const REQUESTS = 200

export function concurrency(at: Deployment): void {
  describe('concurrency', () => {
    test('of 200 requests at once, each sees the claims of its own mandate alone', async () => {
      const subjects = Array.from({ length: REQUESTS }, (_, index) => `user-${index}`)
      const mandates = await Promise.all(subjects.map((sub) => at.issuer.mint({ claims: { sub } })))
      let lookups = 0
      // Their turns get mixed up: who came first is not answered first.
      at.redis.intervention = () => new Promise((resolve) => setTimeout(resolve, 50 - (lookups++ % 50)))
      const answers = await Promise.all(mandates.map((mandate) => at.ask('/x', { mandate })))
      expect(answers.filter(({ status }) => status !== 200)).toEqual([])
      expect(answers.map(({ json }) => json.subjects)).toEqual(subjects.map((sub) => [sub, sub, sub]))
    })
  })
}
