// @ts-check
// The limits that the Worker's guard is set up with, and the times that are promised because of them.

export const AUDIENCE = 'resource://billing-api'
export const ZONE_ID = 'zone-soak'
export const SCOPE = 'billing:read'
/** Goes the way of a look-up, to this process and back, without the guard. */
export const CONTROL_PATH = '/control'

/** In the proportions of the defaults, and so short that a soak of minutes sees every one of them run out often. */
export const KEY_SET = { maxAgeMs: 3_000, maxStaleMs: 8_000, cooldownMs: 1_500, timeoutMs: 1_000 }
export const STORE_TIMEOUT_MS = 1_000
/** Longer than the 30 seconds for which a pass leaves alone what a failed one was busy with. */
export const MAX_SYNC_AGE_MS = 40_000
/** How long a loss keeps passes from being clean. */
export const LOSS_HOLD_MS = 8_000
/** Far fewer than there are mandates: entries have to leave. */
export const MAX_VERIFIED_TOKENS = 20

/** What a loaded machine adds to any time that passes between two processes. */
export const JITTER_MS = 300
/** For how long an outage of the issuer can show after its end: a fetch that hangs until then, and a cooldown. */
export const KEYS_RECOVER_MS = KEY_SET.timeoutMs + KEY_SET.cooldownMs + JITTER_MS
/** The store remembers no outage. */
export const STORE_RECOVERS_MS = JITTER_MS
/** For how long a published key can be unknown: until a cooldown, or a fetch that began before it, is over. */
export const NEW_KEY_MS = Math.max(KEY_SET.cooldownMs, KEY_SET.timeoutMs)
/** The longest answer: another request's fetch came to nothing, then the own one did, and the store hung. */
export const ANSWER_MS = 2 * KEY_SET.timeoutMs + STORE_TIMEOUT_MS + 2 * JITTER_MS
