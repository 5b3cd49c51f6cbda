// Whether a value has to be awaited. `instanceof Promise` would miss promises of other realms and libraries.

import { isObject } from './own-member.ts'

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && 'then' in value && typeof value.then === 'function'
}
