// Routes with Next's fetch cache switched on: nothing that the guard asks is answered from it.

import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { ask } from '../requests.ts'
import { expectDenial, revoke } from './denials.ts'

/** Below each, Next.js caches whatever is fetched, unless told otherwise, or even then. */
const CACHED = ['/default-cache', '/force-cache'].flatMap((mode) => [`${mode}/node`, `${mode}/edge`])

const PATIENCE = { timeout: 15_000, interval: 50 }

export function platformCaches(at: Deployment): void {
  describe.each(CACHED)('below %s', (prefix) => {
    const askThere = (mandate: string) => ask(at.origin, `${prefix}/x`, { mandate })

    test('a mandate is refused from its revocation on', async () => {
      const mandate = await at.issuer.mint()
      for (let count = 0; count < 3; count++) expect((await askThere(mandate)).status).toBe(200)
      await revoke(at, mandate)
      expectDenial(await askThere(mandate), { code: 'session_revoked' })
    })

    test('the store is asked for every request', async () => {
      const mandate = await at.issuer.mint()
      await askThere(mandate)
      const before = at.redis.asked.length
      for (let count = 0; count < 3; count++) expect((await askThere(mandate)).status).toBe(200)
      expect(at.redis.asked.length - before).toBe(3)
    })

    test('a key that is withdrawn is refused, and a new one admitted', async () => {
      const mandate = await at.issuer.mint()
      expect((await askThere(mandate)).status).toBe(200)
      await at.issuer.rotate({ retirePrevious: true })
      await expect.poll(async () => (await askThere(mandate)).status, PATIENCE).toBe(401)
      await expect.poll(async () => (await askThere(await at.issuer.mint())).status, PATIENCE).toBe(200)
    })
  })
}
