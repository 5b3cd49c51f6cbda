// JSON → the key set in it, if it is one: of an STS, or of the cache that holds what an STS has served.

import { isPlainObject, ownMember } from '../lib/own-member.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { type KeyDocument, keyDocument } from './key-document.ts'
import type { KeySetFailure } from './key-set-failure.ts'
import { type SigningKey, signingKeys } from './signing-key.ts'

/** @param host where the keys come from, for errors */
export async function readKeyDocument(
  json: unknown,
  host: string,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const keys = ownMember(json, 'keys')
  if (!Array.isArray(keys)) {
    return malformed(host, json === undefined ? 'no JSON' : 'JSON without a list of keys')
  }
  if (!keys.every(isPlainObject)) return malformed(host, 'a list of keys with something else in it')
  return await usable(signingKeys(keys), host)
}

export function malformed(host: string, came: string, cause?: unknown): Result<never, KeySetFailure> {
  return failure({ fault: 'malformed', details: { host, came, cause }, retryAfterMs: 0 })
}

/** A set in which no key can be used says nothing about mandates: it is an outage. */
async function usable(
  keys: readonly SigningKey[],
  host: string,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const document = keyDocument(keys, host)
  let why: KeySetFailure | undefined
  for (const { kid } of keys) {
    // It may be valid. A key without an id is not an outage, but no mandate is signed with it.
    if (kid === undefined) return success(document)
    const found = await document.find(kid)
    if (found.ok) return success(document)
    why ??= found.reason
  }
  return why === undefined ? malformed(host, 'no ES256 key') : failure(why)
}
