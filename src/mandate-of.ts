// Remembers which request was let in with which mandate. Nothing that a client sends can be mistaken for it.

import type { Mandate } from './mandate/mandate.ts'

const mandates = new WeakMap<object, Mandate>()

/**
 * The mandate of a request that a guard let in, for code far from the handler; `undefined` for any other request,
 * for an excluded path, and for a copy of the request: the very object that was guarded must be asked for.
 *
 * @example
 * ```ts
 * function audit(request: Request) {
 *   log({ actor: mandateOf(request)?.sub, url: request.url })
 * }
 * ```
 */
export function mandateOf(request: Request): Mandate | undefined {
  return mandates.get(request)
}

export function rememberMandate(request: Request, mandate: Mandate): void {
  mandates.set(request, mandate)
}
