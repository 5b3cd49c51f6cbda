// Checks the arguments of a store's methods. A wrong argument throws an error that names it.

import { MAX_TIME_MS } from '../lib/limits.ts'
import { memberOf } from '../lib/own-member.ts'
import { typeOf } from '../lib/type-of.ts'
import { isWellFormed } from '../lib/well-formed.ts'
import type { RevocationQuery } from './store.ts'

/** Looks like a whole mandate, where one of its ids was meant. */
const MANDATE = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/

/** The arguments of `markRevoked`. */
export function assertRevocation(anchorId: unknown, ttlMs: unknown): void {
  assertId('anchorId', anchorId)
  assertTtl(ttlMs)
}

/** The arguments of `markDelegationEpoch`. */
export function assertDelegationEpoch(zoneId: unknown, epoch: unknown, ttlMs: unknown): void {
  assertId('zoneId', zoneId)
  assertEpoch(epoch)
  assertTtl(ttlMs)
}

/** The argument of `lookup`, as far as its own parts are not checked elsewhere. */
export function assertQuery(query: unknown): asserts query is RevocationQuery {
  if (Array.isArray(memberOf(query, 'anchors'))) return
  throw new TypeError(
    `lookup takes one query, { anchors: [sid, …], zoneId }, with a list of anchors, not ${typeOf(query)}`,
  )
}

/** An id to look up. */
export function assertText(name: string, id: unknown): asserts id is string {
  if (typeof id !== 'string') throw new TypeError(`${name} must be a non-empty string, not ${typeOf(id)}`)
  if (id === '') throw new TypeError(`${name} must be a non-empty string`)
  if (!isWellFormed(id))
    throw new TypeError(`${name} must not contain a lone surrogate: no mandate has such an id`)
}

/** An id to mark. */
function assertId(name: string, id: unknown): void {
  assertText(name, id)
  if (MANDATE.test(id))
    throw new TypeError(`${name} is a whole mandate, and marking it would revoke nothing: pass its sid`)
}

function assertEpoch(epoch: unknown): void {
  if (typeof epoch === 'bigint' && epoch >= 0n) return
  if (typeof epoch === 'number' && Number.isSafeInteger(epoch) && epoch >= 0) return
  throw new TypeError('epoch must be a whole number, 0 or more; above 2^53 - 1 it must be a bigint')
}

function assertTtl(ttlMs: unknown): void {
  if (typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= MAX_TIME_MS) return
  throw new TypeError('ttlMs must be a whole number of milliseconds, 1 or more, below 2^31 (24 days)')
}
