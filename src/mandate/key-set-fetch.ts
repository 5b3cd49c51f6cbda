// One fetch of a key set, bounded in time and size, for jose's remote set to make its request with.

import type { FetchImplementation } from 'jose'
import type { KeySetOptions } from '../config/options.ts'
import type { KeySetFault } from '../errors.ts'
import { MAX_KEY_SET_BYTES } from '../limits.ts'

/** What went wrong. jose passes on what its fetch throws. */
export class KeySetFetchError extends Error {
  readonly fault: KeySetFault

  constructor(fault: KeySetFault) {
    super(fault)
    this.fault = fault
  }
}

/** No platform's fetch cache may keep a removed key alive. Older workerd knows no `cache` and throws on it. */
const NO_STORE: RequestInit = 'cache' in Request.prototype ? { cache: 'no-store' } : {}

/**
 * A fetch that ends when jose's time limit does, body included, even where the underlying one ignores its signal.
 * It answers with a whole 200 or throws. Redirects are not followed: a zone's keys come from its issuer alone.
 */
export function boundedFetch(fetch: KeySetOptions['fetch']): FetchImplementation {
  return async (url, init) => {
    const get = fetch ?? globalThis.fetch
    const answer = get(url, { ...init, ...NO_STORE }).then(wholeAnswer, () => {
      throw new KeySetFetchError('network')
    })
    return Promise.race([answer, timeoutOf(init.signal)])
  }
}

function timeoutOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new KeySetFetchError('timeout')), { once: true })
  })
}

async function wholeAnswer(response: Response): Promise<Response> {
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel()
    throw new KeySetFetchError('status')
  }
  const chunks: Uint8Array<ArrayBuffer>[] = []
  let size = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Response(new Blob(chunks))
    size += value.byteLength
    if (size > MAX_KEY_SET_BYTES) {
      await reader.cancel()
      throw new KeySetFetchError('too_large')
    }
    chunks.push(value)
  }
}
