// Fetches a zone's key set once. The result is a valid document or a fault.

import type { KeySetFault } from '../decision/errors.ts'
import { boundedFetch } from '../lib/bounded-fetch.ts'
import { isRecord } from '../lib/checks.ts'
import { MAX_KEY_SET_BYTES } from '../lib/limits.ts'
import { ownMember } from '../lib/own-member.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { type KeyDocument, keyDocument } from './key-document.ts'
import type { RemoteKeys } from './key-setting.ts'

/** Some servers refuse requests without a User-Agent. */
const HEADERS = { Accept: 'application/json, application/jwk-set+json', 'User-Agent': 'caracal-edge' }

/** Never rejects. */
export async function fetchKeyDocument(
  url: string,
  { fetch, timeoutMs }: RemoteKeys,
): Promise<Result<KeyDocument, KeySetFault>> {
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
    if (!answer.ok) return answer
    const { json } = answer.value
    const keys = isRecord(json) ? ownMember(json, 'keys') : undefined
    return Array.isArray(keys) ? success(keyDocument(keys)) : failure('malformed')
  } catch {
    return failure('malformed')
  }
}
