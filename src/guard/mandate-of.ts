// Remembers with which mandate a request was let in last. Nothing that a client sends can be mistaken for it.

import type { Mandate } from '../mandate.ts'

const mandates = new WeakMap<object, Mandate>()

/**
 * The mandate of a request that a guard let in, for code far from the handler; `undefined` for any other request,
 * for an excluded path, and for a copy of the request: the very object that was guarded must be asked for.
 *
 * Of several guards that a request passes, the innermost says: where it excludes the path there is no mandate, for
 * what another guard verified (perhaps for another audience or zone) is nothing that it stands for.
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

/** @param mandate `undefined` where the guard has verified none */
export function rememberMandate(request: Request, mandate: Mandate | undefined): void {
  if (mandate === undefined) mandates.delete(request)
  else mandates.set(request, mandate)
}
