// Every refusal, as the other end sees it (protocol §4).

import type { MandateDepartures } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { parseChallenge } from '../../core/support/challenge.ts'
import { answerOf } from '../../support/protocol-answers.ts'
import cases from '../cases.json' with { type: 'json' }
import type { Deployment } from '../deployment.ts'
import type { Answer } from '../requests.ts'

const PREFIX = 'caracal:revoked:sessions:'

export function denials(at: Deployment): void {
  describe('denials', () => {
    test.for(cases.denials)('$title: $answer.code', async (given) => {
      const { path = '/x', authorization, answer } = given
      const isAnonymous = answer.code === 'missing_token'
      const departures = given.mandate as MandateDepartures | undefined
      const mandate = isAnonymous || authorization ? undefined : await at.issuer.mint(departures)
      if (given.revoked) {
        await revoke(at, mandate ?? '', given.revoked)
      }
      if (given.epoch) {
        await at.redis.run('SET', `${PREFIX}delegation-epoch:${at.issuer.zoneId}`, String(given.epoch))
      }
      expectDenial(await at.ask(path, { mandate, headers: authorization ? { authorization } : {} }), answer)
    })

    test('what is revoked between two requests is refused by the second', async () => {
      const mandate = await at.issuer.mint()
      expect((await at.ask('/x', { mandate })).status).toBe(200)
      await revoke(at, mandate)
      expectDenial(await at.ask('/x', { mandate }), { code: 'session_revoked' })
    })
  })
}

/** As a service in any language does it (protocol §5). */
export async function revoke(at: Deployment, mandate: string, anchor = 'sid'): Promise<void> {
  await at.redis.run('SET', `${PREFIX}${decodeJwt(mandate)[anchor]}`, '1')
}

export interface ExpectedDenial {
  readonly code: string
  readonly scope?: string | undefined
}

export function expectDenial(answer: Answer, { code, scope }: ExpectedDenial): void {
  const { status, error } = answerOf(code)
  const { headers, json, isFromHandler } = answer
  expect({ status: answer.status, code: json.error, isFromHandler }).toEqual({
    status,
    code,
    isFromHandler: false,
  })
  const texts = ['error', 'error_description', 'error_hint']
  expect(Object.keys(json)).toEqual(code === 'insufficient_scope' ? [...texts, 'scope'] : texts)
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  if (status < 500) {
    const { scheme, parameters } = parseChallenge(headers['www-authenticate'] ?? null)
    expect(scheme).toBe('Bearer')
    expect(parameters).toMatchObject({ realm: 'caracal', ...(error && { error }), ...(scope && { scope }) })
    expect('error' in parameters).toBe(error !== null)
    // No scope can mend another 403.
    if (status === 403 && code !== 'insufficient_scope') expect(parameters).toEqual({ realm: 'caracal' })
  } else {
    expect(headers).not.toHaveProperty('www-authenticate')
  }
  if (status === 503) expect(headers['retry-after']).toMatch(/^[1-9]\d*$/)
  else expect(headers).not.toHaveProperty('retry-after')
}
