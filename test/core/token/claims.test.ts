// The form of every claim (protocol §1): a mandate with a wrong one is refused, even if no option requires the claim.

import { createTestIssuer } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Forms } from '../support/forms.ts'
import { bearer } from '../support/requests.ts'
import { codeOf, runGuard } from '../support/run-guard.ts'
import { createSigner } from '../support/signer.ts'
import { shown } from '../support/values.ts'
import { CLAIMS, KINDS } from './claim-forms.ts'

const issuer = createTestIssuer()

describe.each(Object.entries(CLAIMS))('the claim %s, a(n) %s,', (claim, kind) => {
  const { admitted = [], refused }: Forms = KINDS[kind]

  it.each(refused.map((value) => ({ value, text: shown(value) })))('cannot be $text', async (form) => {
    const token = await issuer.mint({ claims: { [claim]: form.value } })
    const outcome = await runGuard(issuer.options, bearer(token))
    expect([outcome.status, codeOf(outcome), outcome.handled]).toEqual([401, 'invalid_token', 0])
  })

  it.each(admitted.map((value) => ({ value, text: shown(value) })))('can be $text', async (form) => {
    const token = await issuer.mint({ claims: { [claim]: form.value } })
    const outcome = await runGuard(issuer.options, bearer(token))
    expect([outcome.status, outcome.handled]).toEqual([200, 1])
  })
})

describe('a signed payload', async () => {
  const signer = await createSigner(issuer)
  const claims = decodeJwt(await issuer.mint({ agent: false }))
  const sound = JSON.stringify(claims)

  async function answerTo(payload: string | Uint8Array, options = {}): Promise<unknown> {
    const outcome = await runGuard({ ...signer.options, ...options }, bearer(await signer.sign(payload)))
    return codeOf(outcome) ?? outcome.text
  }

  it.each([
    '',
    '[]',
    'null',
    '"x"',
    '5',
    'true',
    '{}',
    'no JSON',
    `[${sound}]`,
    `${sound}x`,
    `\uFEFF${sound}`,
  ])('that is not an object of claims is not a mandate: %j', async (payload) => {
    expect(await answerTo(payload)).toBe('invalid_token')
  })

  it('that is not UTF-8 is not a mandate', async () => {
    const bytes = new TextEncoder().encode(sound.replace('user-1', 'user-?'))
    bytes[bytes.indexOf('?'.charCodeAt(0))] = 0xff
    expect(await answerTo(bytes)).toBe('invalid_token')
  })

  it('gets no authority through __proto__ (claims-33)', async () => {
    const inherited = '"__proto__":{"scope":"admin","agent_session_id":"a"}'
    const payload = sound.replace('"scope":"read write"', inherited)
    expect(payload).toContain(inherited)
    expect(await answerTo(payload, { requiredScopes: ['admin'] })).toBe('insufficient_scope')
    expect(await answerTo(payload, { requireAgent: true })).toBe('agent_required')
  })

  it('can contain unknown claims with any name', async () => {
    const unknown =
      '"then":"x","toString":"x","hasOwnProperty":1,"constructor":{},"graph_epoch":"x","nonce":1'
    expect(await answerTo(sound.replace('{', `{${unknown},`))).toBe('handled')
  })
})
