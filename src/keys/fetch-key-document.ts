// Fetches a zone's key set once. The result is a valid document or a fault.

import type { KeySetFault, OutageDetails } from '../decision/errors.ts'
import { boundedFetch } from '../lib/bounded-fetch.ts'
import { isRecord } from '../lib/checks.ts'
import { MAX_KEY_SET_BYTES } from '../lib/limits.ts'
import { ownMember } from '../lib/own-member.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { namesOf, wordsOf } from '../lib/thrown.ts'
import { type KeyDocument, keyDocument } from './key-document.ts'
import type { RemoteKeys } from './key-setting.ts'

/** Some servers refuse requests without a User-Agent. */
const HEADERS = { Accept: 'application/json, application/jwk-set+json', 'User-Agent': 'caracal-edge' }

/** Why there is no document. */
export interface KeySetFailure {
  readonly fault: KeySetFault
  readonly details: OutageDetails
}

/** Never rejects. */
export async function fetchKeyDocument(
  url: string,
  { fetch, timeoutMs }: RemoteKeys,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const { host } = new URL(url)
  const malformed = (came: string, cause?: unknown) =>
    failure({ fault: 'malformed', details: { host, came, cause } } as const)
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
      const { fault, status, cause } = answer.reason
      const came = cause === undefined ? undefined : wordsOf(cause)
      return failure({ fault, details: { host, status, cause, came } })
    }
    const { json } = answer.value
    const keys = isRecord(json) ? ownMember(json, 'keys') : undefined
    if (Array.isArray(keys)) return success(keyDocument(keys, host))
    return malformed(json === undefined ? 'no JSON' : 'JSON without a list of keys')
  } catch (error) {
    // Only the name of the error: its message may quote what was served.
    return malformed(namesOf(error), error)
  }
}
