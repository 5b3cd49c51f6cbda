// Whether a value has to be awaited. `instanceof Promise` would miss promises of other realms and libraries.

import { isObject } from './own-member.ts'

/** What is there at once wherever nothing has to be awaited. */
export type Awaitable<Value> = Value | Promise<Value>

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && 'then' in value && typeof value.then === 'function'
}
