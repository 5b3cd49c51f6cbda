// Work on many things at once that one of them must not hold up.

import { type RevocationFault, RevocationUnavailableError } from '../decision/errors.ts'

/** What was done, and what the rest could not be done for. */
export interface Parts<T> {
  readonly done: readonly T[]
  readonly fault: RevocationFault | undefined
}

/**
 * Tries all of them at once, and after any fault each half, while there is time: what breaks is left, and it alone.
 * What was carried out without an answer is done again.
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

/** What Redis failed with, if it did. Anything else that is thrown is a mistake of this package. */
export async function faultOf(work: () => Promise<unknown>): Promise<RevocationFault | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof RevocationUnavailableError) return error.fault
    throw error
  }
}
