// Fetches a zone's key set once. The result is a valid document or a fault.

import { boundedFetch } from '../lib/bounded-fetch.ts'
import { isRecord } from '../lib/checks.ts'
import { MAX_KEY_SET_BYTES } from '../lib/limits.ts'
import { ownMember } from '../lib/own-member.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { namesOf, wordsOf } from '../lib/thrown.ts'
import { type KeyDocument, keyDocument } from './key-document.ts'
import { type KeySetFailure, retryAfterMs } from './key-set-failure.ts'
import type { RemoteKeys } from './key-setting.ts'
import { type SigningKey, signingKeys } from './signing-key.ts'

/** Some servers refuse requests without a User-Agent. */
const HEADERS = { Accept: 'application/json, application/jwk-set+json', 'User-Agent': 'caracal-edge' }

/** Never rejects. */
export async function fetchKeyDocument(
  url: string,
  { fetch, timeoutMs }: RemoteKeys,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const { host } = new URL(url)
  const malformed = (came: string, cause?: unknown) =>
    failure({ fault: 'malformed', details: { host, came, cause }, retryAfterMs: 0 } as const)
  try {
    const answer = await boundedFetch({
      url,
      init: { method: 'GET', headers: HEADERS },
      fetch,
      timeoutMs,
      maxBytes: MAX_KEY_SET_BYTES,
      onlyStatus: 200,
      tries: 1,
    })
    if (!answer.ok) {
      const { fault, status, retryAfter, cause } = answer.reason
      const came = cause === undefined ? undefined : wordsOf(cause, secretsOf(url))
      const details = { host, status, cause, came }
      return failure({ fault, details, retryAfterMs: retryAfterMs(retryAfter, Date.now()) })
    }
    const { json } = answer.value
    const keys = isRecord(json) ? ownMember(json, 'keys') : undefined
    if (!Array.isArray(keys)) return malformed(json === undefined ? 'no JSON' : 'JSON without a list of keys')
    if (!keys.every(isRecord)) return malformed('a list of keys with something else in it')
    return await usable(signingKeys(keys), host)
  } catch (error) {
    // Only the name of the error: its message may quote what was served.
    return malformed(namesOf(error), error)
  }
}

/** What a client in between, such as one for tracing, must not quote: a path or query may hold a key. */
function secretsOf(url: string): readonly string[] {
  const { pathname, search } = new URL(url)
  return [pathname, ...search.slice(1).split('&')].filter((text) => text.length > 1)
}

/** A set in which no key can be used says nothing about mandates: it is an outage. */
async function usable(
  keys: readonly SigningKey[],
  host: string,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const document = keyDocument(keys, host)
  let why: KeySetFailure | undefined
  for (const { kid } of keys) {
    // It may be sound. That it has no id is no outage, but no mandate is signed with it.
    if (kid === undefined) return success(document)
    const found = await document.find(kid)
    if (found.ok) return success(document)
    why ??= found.reason
  }
  const details = { host, came: 'no ES256 key' }
  return failure(why ?? { fault: 'malformed', details, retryAfterMs: 0 })
}
