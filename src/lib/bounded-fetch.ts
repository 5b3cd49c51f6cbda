// The only code that requests JSON from a server: with limits of time and size, without redirects, without caches.

import { jsonIn } from './json.ts'
import { bare } from './own-member.ts'
import { failure, type Result, success } from './result.ts'
import { within } from './time-limit.ts'

/** Every member is required, so that none is read from `Object.prototype`. */
interface BoundedRequest {
  readonly url: string
  readonly init: Pick<RequestInit, 'method' | 'body'> & { readonly headers: Readonly<Record<string, string>> }
  /** Used instead of the global `fetch`. */
  readonly fetch: ((url: string, init: RequestInit) => Promise<Response>) | undefined
  /** The limit for everything together: connection, response, body and all tries. */
  readonly timeoutMs: number
  /** The largest body that is read, after decompression. */
  readonly maxBytes: number
  /** The only accepted status; any other is a fault. `undefined` accepts every status. */
  readonly onlyStatus: number | undefined
  /** How often to send the request until there is a response. A bad response is not a reason to send it again. */
  readonly tries: number
}

type FetchFault = 'network' | 'timeout' | 'status' | 'too_large'

/** Why there is no answer, for the operator. */
interface FetchFailure {
  readonly fault: FetchFault
  /** The status that came instead of the only accepted one. */
  readonly status: number | undefined
  /** Its header `Retry-After`. */
  readonly retryAfter: string | undefined
  /** What `fetch` threw. Its message may quote anything. */
  readonly cause: unknown
}

function failed(fault: FetchFault, { status, retryAfter, cause }: Partial<FetchFailure> = bare({})) {
  return failure<FetchFailure>({ fault, status, retryAfter, cause })
}

export interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  /** `undefined` where the body is not JSON. */
  readonly json: unknown
}

/**
 * Ends at the time limit even if `fetch` ignores its signal.
 * @throws (rejects) if `fetch` returns something that is not a Response
 */
export async function boundedFetch(request: BoundedRequest): Promise<Result<JsonAnswer, FetchFailure>> {
  const limit = new AbortController()
  const answer = await within(request.timeoutMs, answerTo(request, limit.signal))
  if (answer.ok) return answer.value
  limit.abort()
  return failed('timeout')
}

async function answerTo(
  request: BoundedRequest,
  signal: AbortSignal,
): Promise<Result<JsonAnswer, FetchFailure>> {
  const sent = await send(request, signal)
  if (!sent.ok) return sent
  const { status, headers } = sent.value
  if (request.onlyStatus !== undefined && status !== request.onlyStatus) {
    sent.value.body?.cancel().catch(() => {})
    return failed('status', bare({ status, retryAfter: headers.get('Retry-After') ?? undefined }))
  }
  const isShort = request.fetch === undefined && isFramedWithin(request.maxBytes, headers)
  const text = await (isShort ? shortText(sent.value) : boundedText(sent.value.body, request.maxBytes))
  return text.ok ? success({ status, headers, json: jsonIn(text.value) }) : text
}

async function send(
  { url, init, fetch = globalThis.fetch, tries }: BoundedRequest,
  signal: AbortSignal,
): Promise<Result<Response, FetchFailure>> {
  let cause: unknown
  for (let left = tries; left > 0 && !signal.aborted; left--) {
    try {
      return success(await fetch(url, uncached({ ...init, redirect: 'manual', signal })))
    } catch (error) {
      cause = error
    }
  }
  return failed('network', bare({ cause }))
}

/** Older versions of workerd do not support `cache` and throw on it. */
const NO_STORE: RequestInit = 'cache' in Request.prototype ? { cache: 'no-store' } : {}

/** Has no meaning, but a different value in every request. */
const REQUEST_ID_HEADER = 'X-Caracal-Request-Id'

/**
 * The same request, in a form that no cache answers. `no-store` alone is not enough: in a route with
 * `fetchCache = 'force-cache'`, Next.js ignores it and uses URL, headers and body as the cache key, even for a POST.
 */
function uncached(init: BoundedRequest['init'] & RequestInit): RequestInit {
  const headers = bare({ ...init.headers, [REQUEST_ID_HEADER]: crypto.randomUUID() })
  return bare({ ...init, ...NO_STORE, headers })
}

/**
 * Whether the connection itself ends the body within the limit: no runtime reads beyond a Content-Length. It says nothing
 * where the body is compressed or comes in chunks.
 */
function isFramedWithin(maxBytes: number, headers: Headers): boolean {
  const length = headers.get('content-length')
  if (length === null || !/^\d{1,15}$/.test(length) || Number(length) > maxBytes) return false
  return headers.get('content-encoding') === null && headers.get('transfer-encoding') === null
}

/** Runtimes have a short way for this, as long as nobody has asked for `body`: reading from a stream costs far more. */
async function shortText(response: Response): Promise<Result<string, FetchFailure>> {
  try {
    return success(await response.text())
  } catch (cause) {
    return failed('network', bare({ cause }))
  }
}

/** Counts the bytes that arrive, because Content-Length may be wrong. Reads no more than the limit. */
export async function boundedText(
  body: Response['body'],
  maxBytes: number,
): Promise<Result<string, FetchFailure>> {
  if (body === null) return success('')
  const reader = body.getReader()
  // Not `Blob`: test environments such as jsdom replace it by one that does not know the chunks of Node's Response.
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return success(text + decoder.decode())
      size += value.byteLength
      if (size > maxBytes) break
      text += decoder.decode(value, { stream: true })
    }
  } catch (cause) {
    return failed('network', bare({ cause }))
  }
  reader.cancel().catch(() => {})
  return failed('too_large')
}
