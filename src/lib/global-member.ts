// Reads what a runtime may or may not have.

import { ownMember } from './own-member.ts'

/** A member of a global object, or `undefined` where anything on the way is missing. */
export function globalMember(...path: readonly string[]): unknown {
  return path.reduce<unknown>((object, name) => ownMember(object, name), globalThis)
}
