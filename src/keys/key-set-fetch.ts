// One fetch of a key set, bounded in time and size, for jose's remote set to make its request with.

import type { FetchImplementation } from 'jose'
import type { KeySetFault } from '../decision/errors.ts'
import { boundedBody } from '../lib/bounded-body.ts'
import { MAX_KEY_SET_BYTES } from '../lib/limits.ts'
import { uncached } from '../lib/uncached.ts'
import type { KeySetOptions } from './key-set-options.ts'

/** What went wrong. jose passes on what its fetch throws. */
export class KeySetFetchError extends Error {
  readonly fault: KeySetFault

  constructor(fault: KeySetFault) {
    super(fault)
    this.fault = fault
  }
}

/**
 * A fetch that ends when jose's time limit does, body included, even where the underlying one ignores its signal.
 * It answers with a whole 200 or throws. Redirects are not followed: a zone's keys come from its issuer alone.
 */
export function boundedFetch(fetch: KeySetOptions['fetch']): FetchImplementation {
  return (url, init) => {
    const ended = new AbortController()
    const fetched = answer(fetch ?? globalThis.fetch, url, init)
    return Promise.race([fetched, timeoutOf(init.signal, ended.signal)]).finally(() => ended.abort())
  }
}

/** @param ended takes the listener away: Deno does not stop as long as somebody listens to a time limit */
function timeoutOf(signal: AbortSignal, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new KeySetFetchError('timeout')), { signal: ended })
  })
}

async function answer(fetch: NonNullable<KeySetOptions['fetch']>, url: string, init: RequestInit) {
  let response: Response
  try {
    response = await fetch(url, uncached(init))
  } catch {
    throw new KeySetFetchError('network')
  }
  if (response.status !== 200) {
    response.body?.cancel().catch(() => {})
    throw new KeySetFetchError('status')
  }
  const body = await boundedBody(response, MAX_KEY_SET_BYTES)
  if (typeof body === 'string') throw new KeySetFetchError(body)
  if (!(await hasKeys(body))) throw new KeySetFetchError('malformed')
  return new Response(body)
}

/** jose reads the members of keys by themselves, but not the list of them. */
async function hasKeys(body: Blob): Promise<boolean> {
  try {
    const set: unknown = JSON.parse(await body.text())
    return typeof set === 'object' && set !== null && Object.hasOwn(set, 'keys')
  } catch {
    return false
  }
}
