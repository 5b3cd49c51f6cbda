// Keys and store out of reach, slow or wrong: nobody gets in, nobody is called invalid, and it passes.

import { describe, expect, test } from 'vitest'
import { answer, hang, reset } from '../../redis/endpoint-faults.ts'
import type { Intervention } from '../../redis/support.ts'
import type { IssuerMode } from '../controlled-issuer.ts'
import type { Deployment } from '../deployment.ts'
import { expectDenial } from './denials.ts'

const ISSUER: Readonly<Record<string, IssuerMode>> = {
  'answers 500': 'fail',
  'cuts the connection': 'cut',
  'never answers': 'hold',
}

const STORE: Readonly<Record<string, Intervention>> = {
  'answers 500': answer(500, '{"error":"ERR out of order"}'),
  'cuts the connection': reset,
  'never answers': hang,
  'answers something else': answer(200, '{"result":"OK"}'),
}

const PATIENCE = { timeout: 15_000, interval: 50 }

export function outages(at: Deployment): void {
  const status = async () => (await at.askWell()).status

  describe('outages', () => {
    test.for(Object.entries(ISSUER))('an issuer that %s', async ([, mode]) => {
      expect(await status()).toBe(200)
      await at.issuer.be(mode)
      // The keys serve on for a while, and are then too old.
      await expect.poll(status, PATIENCE).toBe(503)
      expectDenial(await at.askWell(), { code: 'keys_unavailable' })
      await at.issuer.be('serve')
      await expect.poll(status, PATIENCE).toBe(200)
    })

    test.for(Object.entries(STORE))('a store that %s', async ([, intervention]) => {
      at.redis.intervention = intervention
      const answers = await Promise.all(Array.from({ length: 20 }, () => at.askWell()))
      for (const answer of answers) expectDenial(answer, { code: 'revocation_unavailable' })
      at.redis.intervention = undefined
      expect(await status()).toBe(200)
    })
  })

  describe('rotation', () => {
    test('a new key is admitted as soon as it is seen, beside the one before', async () => {
      const before = await at.issuer.mint()
      expect((await at.ask('/x', { mandate: before })).status).toBe(200)
      await at.issuer.rotate()
      // Made-up keys of other tests may have used up what may be asked for.
      await expect.poll(status, PATIENCE).toBe(200)
      expect((await at.ask('/x', { mandate: before })).status).toBe(200)
    })

    test('a key that is withdrawn is refused, also with a mandate that was admitted before', async () => {
      const mandate = await at.issuer.mint()
      const refused = { code: 'invalid_token' }
      expect((await at.ask('/x', { mandate })).status).toBe(200)
      await at.issuer.rotate({ retirePrevious: true })
      await expect.poll(async () => (await at.ask('/x', { mandate })).status, PATIENCE).toBe(401)
      expectDenial(await at.ask('/x', { mandate }), refused)
      expect(await status()).toBe(200)
    })
  })
}
