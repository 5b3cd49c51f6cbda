// Any key set, and a correctly signed mandate: it is admitted only if the set has one usable key with its id.

import fc from 'fast-check'
import { expect } from 'vitest'
import { CALM, CALM_OPTIONS, MANDATE } from './calm.ts'
import { forge } from './forge.ts'
import { guardWith, watchTheGuard } from './guard.ts'
import { jsonText } from './json-values.ts'
import { type Key, KID, keyOf, newKey, STRANGER } from './keys.ts'
import { GOOD, RULE, ZONES } from './mandates.ts'
import { rightAnswers } from './model.ts'
import type { Members } from './model-token.ts'
import { property } from './runs.ts'

watchTheGuard()

const [zone] = ZONES
const signer = keyOf(zone)
const rotated: readonly Key[] = [newKey('kid-1'), newKey('kid-2')]

/** A member of a key that is not as the STS writes it; `undefined` leaves it out. */
const otherMember = fc
  .constantFrom<readonly [string, ...unknown[]]>(
    ['kty', 'RSA', 'oct', 'OKP', 'ec', undefined],
    ['crv', 'P-384', 'P-521', 'secp256k1', 'p-256', undefined],
    ['use', 'enc', '', 'SIG', 7, null, undefined],
    ['alg', 'ES384', 'HS256', 'none', '', null, undefined],
    ['kid', 'kid-1', `${KID} `, KID.toUpperCase(), '', null, 7, [KID], undefined],
    ['key_ops', ['sign'], ['encrypt'], [], ['verify']],
    ['d', signer.privateKey.export({ format: 'jwk' }).d, signer.jwk.x],
    ['x', signer.jwk.y, STRANGER.jwk.x, 'AAAA', '', null, 7, undefined],
    ['y', signer.jwk.x, STRANGER.jwk.y, 'A'.repeat(43), `${signer.jwk.y}AAAA`, undefined],
    ['k', 'AAAA'],
  )
  .chain(([name, ...values]) => fc.constantFrom(...values).map((value) => ({ [name]: value })))

const changedKey = fc
  .tuple(fc.constantFrom(signer, signer, STRANGER), otherMember)
  .map(([{ jwk }, other]) => ({ ...jwk, ...other }))
const member: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.constantFrom(...rotated.map(({ jwk }) => jwk)), weight: 2 },
  { arbitrary: changedKey, weight: 4 },
  { arbitrary: fc.constant(STRANGER.jwk), weight: 1 },
  { arbitrary: fc.constantFrom<unknown>({}, { kid: KID }, { kty: 'oct', k: 'AAAA', kid: KID }), weight: 1 },
  { arbitrary: fc.constantFrom<unknown>(null, [], 'x', 7, true), weight: 1 },
)
const keySet = fc
  .tuple(fc.array(member, { maxLength: 3 }), fc.constantFrom([], [signer.jwk], [signer.jwk]), fc.nat(3))
  .map(([others, own, at]) => [...others.slice(0, at), ...own, ...others.slice(at)])

/** What the issuer answers: nearly always a key set. */
const body = fc.oneof(
  { arbitrary: keySet.map((keys) => JSON.stringify({ keys })), weight: 12 },
  { arbitrary: jsonText, weight: 1 },
  { arbitrary: jsonText.map((json) => `{"keys":${json}}`), weight: 1 },
  {
    arbitrary: fc.constantFrom(
      '',
      '<html>',
      `{"keys":[${JSON.stringify(signer.jwk)}]`,
      `{"keys":[],"keys":[${JSON.stringify(signer.jwk)}]}`,
      `{"__proto__":{"keys":[${JSON.stringify(signer.jwk)}]}}`,
      `\ufeff${JSON.stringify({ keys: [signer.jwk] })}`,
      `[${JSON.stringify(signer.jwk)}]`,
    ),
    weight: 1,
  },
)

property('a mandate under any key set', {
  cases: fc.noBias(fc.record({ body, kid: fc.constantFrom(KID, KID, KID, 'kid-1', 'unknown') })),
  runs: 300,
  classes: ['admit', 'invalid_token', 'keys_unavailable'],
  async check({ body, kid }) {
    const jwk: Members & { readonly kid: string } = { ...signer.jwk, kid }
    const token = kid === KID ? MANDATE : forge(GOOD, { ...signer, jwk }, { at: 'nothing' })
    const options = {
      ...CALM_OPTIONS,
      expectedZoneId: zone,
      keySet: { fetch: async () => new Response(body) },
    }
    const answer = await guardWith(options).answer(`Bearer ${token}`)
    const right = rightAnswers({
      ...CALM,
      authorization: `Bearer ${token}`,
      rule: { ...RULE, zones: [zone] },
      keySets: { [zone]: body },
    })
    expect(right).toContain(answer)
    return answer
  },
})
