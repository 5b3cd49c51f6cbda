// The network of a case: what its servers answer, as a `fetch` that needs none.

/** Answers as an HTTP server does: see `serve` of the settings. */
type Serve = (request: Request) => Promise<Response>

/** A `fetch` whose requests all reach this server: with its redirects, its compression, and the caller's signal. */
export function fetchFrom(serve: Serve): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const { signal, redirect = 'follow', ...rest } = init
    signal?.throwIfAborted()
    const ask = (target: string | URL) => orAborted(serve(new Request(target, rest)), signal ?? undefined)
    const answer = await ask(url)
    const location = answer.headers.get('location')
    if (location === null || redirect === 'manual') return received(answer, signal ?? undefined)
    if (redirect === 'error') throw new TypeError('fetch failed: the answer is a redirect')
    return received(await ask(new URL(location, url)), signal ?? undefined)
  }
}

function orAborted<T>(pending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return pending
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    pending.then(resolve, reject)
  })
}

/** Its body ends with the signal, and comes unpacked. */
function received(answer: Response, signal: AbortSignal | undefined): Response {
  const { status, headers, body } = answer
  if (body === null) return answer
  const plain =
    headers.get('content-encoding') === 'gzip' ? body.pipeThrough(new DecompressionStream('gzip')) : body
  const bounded = signal === undefined ? plain : plain.pipeThrough(new TransformStream(), { signal })
  return new Response(bounded, { status, headers })
}
