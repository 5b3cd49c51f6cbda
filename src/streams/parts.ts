// Works on many items with one command, so that an item that fails does not block the others.

import type { RevocationFault } from '../decision/errors.ts'
import { faultOf } from '../redis/command.ts'

/** The items that are done, and why the others are not. */
export interface Parts<T> {
  readonly done: readonly T[]
  readonly fault: RevocationFault | undefined
}

/**
 * Tries all items at once. After a failure it tries each half, while there is time, so that only the items that fail
 * are left. Work whose reply was lost is repeated.
 */
export async function inParts<T>(
  items: readonly T[],
  isOver: () => boolean,
  work: (some: readonly T[]) => Promise<unknown>,
): Promise<Parts<T>> {
  if (items.length === 0) return { done: [], fault: undefined }
  const fault = await faultOf(() => work(items))
  if (fault === undefined) return { done: items, fault }
  if (items.length === 1 || isOver()) return { done: [], fault }
  const middle = Math.ceil(items.length / 2)
  const one = await inParts(items.slice(0, middle), isOver, work)
  const other = await inParts(items.slice(middle), isOver, work)
  const done = [...one.done, ...other.done]
  return { done, fault: done.length === items.length ? undefined : (one.fault ?? other.fault ?? fault) }
}
