// Which claim of a token is not that of a mandate. Says nothing about its value, which anybody may have written.

import { base64url } from 'jose'
import { isPlainObject } from '../lib/own-member.ts'
import { refusedClaim, UTF8 } from './claims.ts'

/**
 * In words, for a token that was refused as `invalid_claims`: it is not too long or too deep to be parsed.
 */
export function refusedClaimIn(token: string): string {
  const claims = payloadOf(token)
  if (claims === undefined) return 'a payload that is no JSON object'
  const claim = refusedClaim(claims)
  if (claim === 'cnf') return 'the claim cnf, which binds the token to a key that is not verified here'
  return claim === undefined
    ? 'claims that are not those of a mandate'
    : `the claim ${claim} is missing or has another form`
}

function payloadOf(token: string): object | undefined {
  try {
    const payload: unknown = JSON.parse(UTF8.decode(base64url.decode(token.split('.')[1] ?? '')))
    return isPlainObject(payload) ? payload : undefined
  } catch {
    return undefined
  }
}
