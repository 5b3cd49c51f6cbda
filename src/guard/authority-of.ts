// Remembers the authority of a request that was admitted. A client cannot forge this.

import { isObject } from '../lib/own-member.ts'
import type { Authority } from './authority.ts'

/** Lets a subclass add its private fields to an object that exists already. */
class Existing {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: `this` is then the object that was given.
    return object
  }
}

/**
 * The authority is in a private field of the request itself, which no other code can see or write. The garbage collector
 * visits the entries of a WeakMap one by one, which took it longer than the guard takes for the rest of a request.
 */
class Admitted extends Existing {
  #authority: Authority | undefined

  static authorityOf(request: unknown): Authority | undefined {
    return isObject(request) && #authority in request ? request.#authority : undefined
  }

  static remember(request: object, authority: Authority | undefined): void {
    const admitted = #authority in request ? request : new Admitted(request)
    admitted.#authority = authority
  }
}

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
  return Admitted.authorityOf(request)
}

/** @param authority `undefined` if the path is excluded */
export function rememberAuthority(request: Request, authority: Authority | undefined): void {
  Admitted.remember(request, authority)
}
