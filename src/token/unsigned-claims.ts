// Judges a payload whose signature is not verified yet, because its key would have to be fetched first.

import { base64url } from 'jose'
import { MAX_UNSIGNED_PAYLOAD_DEPTH, MAX_UNSIGNED_PAYLOAD_LENGTH } from '../lib/limits.ts'
import { parseClaims } from './claims.ts'

/**
 * Whether the payload is refused with any signature: its claims are not those of a mandate. A payload that is too long
 * or too deep to be parsed for a stranger is left to the signature.
 */
export function isNoMandate(encodedPayload: string): boolean {
  if (encodedPayload.length > MAX_UNSIGNED_PAYLOAD_LENGTH) return false
  try {
    const payload = base64url.decode(encodedPayload)
    return !isDeep(payload) && parseClaims(payload) === undefined
  } catch {
    return true
  }
}

const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Counts brackets, those in strings too. */
function isDeep(json: Uint8Array): boolean {
  let depth = 0
  for (const byte of json) {
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
    if (depth > MAX_UNSIGNED_PAYLOAD_DEPTH) return true
  }
  return false
}
