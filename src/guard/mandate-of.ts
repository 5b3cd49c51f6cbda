// The mandate with which a request was admitted. A client cannot forge this.

import type { Mandate } from '../mandate.ts'
import { authorityOf } from './authority-of.ts'

/**
 * The mandate of a request that a guard admitted, for code far from the handler. `undefined` for any other request, for
 * an excluded path, and for a copy of the request: it must be the same object that the guard got.
 *
 * If a request passes several guards, the innermost counts. If that one excludes the path, there is no mandate: another
 * guard may have verified it for another audience or zone.
 *
 * @example
 * ```ts
 * function audit(request: Request) {
 *   log({ actor: mandateOf(request)?.sub, url: request.url })
 * }
 * ```
 */
export function mandateOf(request: Request): Mandate | undefined {
  return authorityOf(request)?.mandate
}
