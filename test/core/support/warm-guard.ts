// A guard that has already fetched its keys, and its issuer.

import { later } from './held-clock.ts'
import { recordingStore } from './recording-store.ts'
import { scriptedIssuer } from './scripted-issuer.ts'

export const COOLDOWN_MS = 10_000
export const MAX_AGE_MS = 100_000
export const keySet = { cooldownMs: COOLDOWN_MS, maxAgeMs: MAX_AGE_MS, maxStaleMs: MAX_AGE_MS }

/** An issuer whose key set a guard has just fetched. */
export async function warm() {
  const sts = scriptedIssuer()
  const revocations = recordingStore()
  const guard = sts.guard({ keySet, revocations })
  await guard.warmup()
  later(1)
  return { sts, guard, revocations }
}
