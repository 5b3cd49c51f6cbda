// Why a key set could not be fetched, and how long to wait before the next fetch.

import type { KeySetFault, OutageDetails } from '../decision/errors.ts'
import { KEY_SET_RETRY_MS, MAX_RETRY_AFTER_MS } from '../lib/limits.ts'

/** Why there is no document. */
export interface KeySetFailure {
  readonly fault: KeySetFault
  readonly details: OutageDetails
  /** How long the server asked to wait; 0 if it did not. */
  readonly retryAfterMs: number
}

/** Statuses that come from a wrong zone or URL. They do not pass by themselves. */
const MISCONFIGURED: readonly (number | undefined)[] = [400, 404]

/**
 * Some hundred milliseconds at first, then doubling, up to `cooldownMs`. The random part keeps isolates from asking all
 * at once. Never less than the server asked for.
 * @param failures how many there were in a row, this one included
 */
export function retryPauseMs(why: KeySetFailure, failures: number, cooldownMs: number): number {
  const growing = KEY_SET_RETRY_MS * 2 ** (failures - 1) * (0.5 + Math.random())
  const pauseMs = MISCONFIGURED.includes(why.details.status) ? cooldownMs : Math.min(cooldownMs, growing)
  return Math.max(pauseMs, why.retryAfterMs)
}

/** The time in `Retry-After` (RFC 9110 §10.2.3), seconds or a date. Limited, so that a mistake there passes too. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  const text = header?.trim() ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? 0 : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms))
}
