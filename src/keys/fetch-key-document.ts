// Fetches a zone's key set once. The result is a valid document or a fault.

import { boundedFetch } from '../lib/bounded-fetch.ts'
import { MAX_KEY_SET_BYTES } from '../lib/limits.ts'
import { failure, type Result } from '../lib/result.ts'
import { namesOf, wordsOf } from '../lib/thrown.ts'
import type { KeyDocument } from './key-document.ts'
import { type KeySetFailure, retryAfterMs } from './key-set-failure.ts'
import type { RemoteKeys } from './key-setting.ts'
import { malformed, readKeyDocument } from './read-key-document.ts'

/** Some servers refuse requests without a User-Agent. */
const HEADERS = { Accept: 'application/json, application/jwk-set+json', 'User-Agent': 'caracal-edge' }

/** Never rejects. */
export async function fetchKeyDocument(
  url: string,
  { fetch, timeoutMs }: Pick<RemoteKeys, 'fetch' | 'timeoutMs'>,
): Promise<Result<KeyDocument, KeySetFailure>> {
  const { host } = new URL(url)
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
    return await readKeyDocument(answer.value.json, host)
  } catch (error) {
    // Only the name of the error: its message may quote what was served.
    return malformed(host, namesOf(error), error)
  }
}

/** What a client in between, such as one for tracing, must not quote: a path or query may hold a key. */
function secretsOf(url: string): readonly string[] {
  const { pathname, search, searchParams } = new URL(url)
  // By themselves too, as a client may print them. A zone is no secret, and may be a part of a host's name.
  const values = [...searchParams].flatMap(([name, value]) =>
    name === 'zone_id' || value.length < SHORTEST_SECRET ? [] : [value],
  )
  return [pathname, ...search.slice(1).split('&'), ...values].filter((text) => text.length > 1)
}

/** Shorter values are flags and versions, which occur in any message. */
const SHORTEST_SECRET = 4
