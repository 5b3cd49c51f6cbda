// The one way to ask a server for JSON: bounded in time and size, without redirects, past every cache.

import { bare } from './own-member.ts'
import { failure, type Result, success } from './result.ts'
import { within } from './time-limit.ts'

/** Complete, so that nothing is read of `Object.prototype`. */
export interface BoundedRequest {
  readonly url: string
  readonly init: Pick<RequestInit, 'method' | 'headers' | 'body'>
  /** Used in place of the global one. */
  readonly fetch: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** Covers everything: connection, answer and body, and every try. */
  readonly timeoutMs: number
  /** The largest body that is read, after decompression. */
  readonly maxBytes: number
  /** The only status whose body is read; any other is a fault. `undefined` reads every body. */
  readonly onlyStatus: number | undefined
  /** How often it is sent while no answer comes. What has been answered, however badly, is not asked again. */
  readonly tries: number
}

export type FetchFault = 'network' | 'timeout' | 'status' | 'too_large'

export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** `undefined` where the body is not JSON. */
  readonly json: unknown
}

/**
 * Ends at its time limit even where `fetch` ignores its signal.
 * @throws (rejects) where `fetch` gives something that is no Response
 */
export async function boundedFetch(request: BoundedRequest): Promise<Result<JsonAnswer, FetchFault>> {
  const limit = new AbortController()
  const answer = await within(request.timeoutMs, answerTo(request, limit.signal))
  if (answer.ok) return answer.value
  limit.abort()
  return answer
}

async function answerTo(
  request: BoundedRequest,
  signal: AbortSignal,
): Promise<Result<JsonAnswer, FetchFault>> {
  const sent = await send(request, signal)
  if (!sent.ok) return sent
  const { status, headers, body } = sent.value
  if (request.onlyStatus !== undefined && status !== request.onlyStatus) {
    body?.cancel().catch(() => {})
    return failure('status')
  }
  const text = await boundedText(body, request.maxBytes)
  return text.ok ? success({ status, headers, json: parsed(text.value) }) : text
}

async function send(
  { url, init, fetch = globalThis.fetch, tries }: BoundedRequest,
  signal: AbortSignal,
): Promise<Result<Response, 'network'>> {
  for (let left = tries; left > 0 && !signal.aborted; left--) {
    try {
      return success(await fetch(url, uncached({ ...init, redirect: 'manual', signal })))
    } catch {
      // What it throws may quote anything.
    }
  }
  return failure('network')
}

/** Older versions of workerd do not support `cache` and throw on it. */
const NO_STORE: RequestInit = 'cache' in Request.prototype ? { cache: 'no-store' } : {}

/** Has no meaning, but a different value in every request. */
const REQUEST_ID_HEADER = 'X-Caracal-Request-Id'

/**
 * The same request, in a form that no cache answers. `no-store` alone is not enough: in a route with
 * `fetchCache = 'force-cache'`, Next.js ignores it and uses URL, headers and body as the cache key, even for a POST.
 */
function uncached(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers)
  headers.set(REQUEST_ID_HEADER, crypto.randomUUID())
  return bare({ ...init, ...NO_STORE, headers })
}

/** A declared length proves nothing, so that what comes is counted. No more than the bound is read. */
async function boundedText(
  body: Response['body'],
  maxBytes: number,
): Promise<Result<string, 'network' | 'too_large'>> {
  if (body === null) return success('')
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const reader = body.getReader()
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return success(await new Blob(chunks).text())
      size += value.byteLength
      if (size > maxBytes) break
      chunks.push(value)
    }
  } catch {
    return failure('network')
  }
  reader.cancel().catch(() => {})
  return failure('too_large')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
