// Remembers the authority of a request that was admitted. A client cannot forge this.

import type { Authority } from './authority.ts'

const authorities = new WeakMap<object, Authority>()

/**
 * What can still be asked about the mandate of a request that a guard admitted: for apps behind `guardFetch`, and for
 * code far from the handler. `undefined` exactly where `mandateOf` is.
 *
 * @example
 * ```ts
 * const denial = authorityOf(request)?.meets({ requiredScopes: [`tool:${tool}`] })
 * ```
 */
export function authorityOf(request: Request): Authority | undefined {
  return authorities.get(request)
}

/** @param authority `undefined` if the path is excluded */
export function rememberAuthority(request: Request, authority: Authority | undefined): void {
  if (authority === undefined) authorities.delete(request)
  else authorities.set(request, authority)
}
