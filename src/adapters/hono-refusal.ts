// Refuses a request in Hono: by an exception, or by a WebSocket that is closed when the exception is handled.

import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Denial } from '../decision/decision.ts'
import { denialResponse } from '../decision/denial-response.ts'
import type { Refused } from '../guard/admit.ts'

export function refuse(c: Context, { denial, closes, refusal }: Refused): never {
  const exception = exceptionFor(denial)
  if (closes()) closeOnceHandled(c, exception, refusal)
  throw exception
}

/**
 * Closes the WebSocket only when the exception reaches an error handler: before, another guard may still admit the
 * request, as in `some(caracal(a), caracal(b))`. Then the closed WebSocket is the answer, whatever the handler returns.
 * Hono copies responses, and a 101 response cannot be copied, so the members that do it are replaced in this context.
 */
function closeOnceHandled(c: Context, exception: HTTPException, refusal: () => Response): void {
  let response: Response | undefined
  const closed = (): Response | undefined => {
    response ??= refusal()
    return response.status === 101 ? response : undefined
  }
  // If a route has a single handler, the answer is what the error handler returns. Hono's own copies `getResponse()`.
  const { newResponse } = c
  const getResponse = exception.getResponse.bind(exception)
  exception.getResponse = () => closed() ?? getResponse()
  const copy = (...given: readonly unknown[]): unknown => {
    const [, original] = given
    const isClosed = original === response && response?.status === 101
    return isClosed ? response : Reflect.apply(newResponse, c, given)
  }
  Object.assign(c, { newResponse: copy })
  // Otherwise the answer is `c.res`, after Hono has set `c.error`.
  const prototype = Reflect.getPrototypeOf(c) ?? {}
  const closedNow = () => (c.error === exception ? closed() : undefined)
  Object.defineProperty(c, 'res', {
    configurable: true,
    get: () => closedNow() ?? Reflect.get(prototype, 'res', c),
    set(value: unknown) {
      // Hono copies what it has when headers are set, so it gets a response that can be copied.
      Reflect.set(prototype, 'res', closedNow() === value ? new Response(null) : value, c)
    },
  })
}

export function exceptionFor(denial: Denial, res = denialResponse(denial)): HTTPException {
  return new HTTPException(denial.status, { res, message: denial.description, cause: denial })
}
