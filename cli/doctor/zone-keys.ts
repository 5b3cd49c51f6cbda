// How many keys of a zone can verify mandates: a guard that is given them says it.

import { createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { bad, type Finding, good, note } from './finding.ts'

/** The platform serves one, and two during a rotation (protocol §2). */
const MOST_KEYS = 100

const ADVICE =
  'See what the issuer serves: mandates are signed with ES256, by a P-256 key that has a kid, use "sig" and alg "ES256".'

export async function keysOf(zoneId: string, keys: readonly unknown[]): Promise<Finding> {
  const wrong = (text: string) => bad('zone', `${zoneId} ${text}`, ADVICE)
  if (keys.length > MOST_KEYS) return wrong(`has ${keys.length} keys, which is no key set of a zone`)
  if (keys.some((key) => key instanceof Object && 'd' in key)) {
    const advice =
      'Whoever has read it can sign mandates: rotate the key at once, and serve public keys only.'
    return bad('zone', `the issuer shows a private key of ${zoneId}`, advice)
  }
  const judged = await Promise.all(keys.map(isUsable))
  const usable = judged.filter(Boolean).length
  if (usable === 0) return wrong(`has ${keys.length === 0 ? 'no key' : 'no key that a guard can use'}`)
  if (!(await canLoad(keys))) return wrong('has a key set that a guard refuses as a whole')
  const text = `${zoneId} has ${usable === 1 ? 'one key' : `${usable} keys`}`
  if (usable === keys.length) return good('zone', text)
  const others = keys.length - usable
  return note('zone', `${text}, and ${others} that no guard uses`, ADVICE)
}

/** A guard finds a key by its id. */
async function isUsable(key: unknown): Promise<boolean> {
  const kid = key instanceof Object && 'kid' in key ? key.kid : undefined
  return typeof kid === 'string' && kid !== '' && (await canLoad([key]))
}

async function canLoad(keys: readonly unknown[]): Promise<boolean> {
  const verifier = createMandateVerifier({
    issuer: 'https://issuer.invalid',
    expectedZoneId: 'zone',
    audience: 'resource://doctor',
    revocations: new InMemoryRevocationStore(),
    keySet: { fetch: async () => Response.json({ keys }) },
  })
  return (await verifier.check()).keys.ok
}
