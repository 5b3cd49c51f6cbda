// Isolates that share nothing but a key set cache.

import type { KeySetCache, KeySetOptions, MandateVerifier } from 'caracal-edge'
import { aWhile, later } from './held-clock.ts'
import { type ScriptedIssuer, scriptedIssuer } from './scripted-issuer.ts'

export interface RecordedCache extends KeySetCache {
  readonly entries: Map<string, string>
  readonly reads: readonly string[]
  readonly writes: readonly { readonly name: string; readonly text: string; readonly ttlSeconds: number }[]
}

/** A cache in memory, with another behaviour of a method where a test wants it. */
export function recordedCache(departures: Partial<KeySetCache> = {}): RecordedCache {
  const entries = new Map<string, string>()
  const reads: string[] = []
  const writes: { name: string; text: string; ttlSeconds: number }[] = []
  return {
    entries,
    reads,
    writes,
    get(name) {
      reads.push(name)
      return departures.get === undefined ? entries.get(name) : departures.get(name)
    },
    put(name, text, ttlSeconds) {
      writes.push({ name, text, ttlSeconds })
      return departures.put === undefined ? entries.set(name, text) : departures.put(name, text, ttlSeconds)
    },
  }
}

/** A guard of a new isolate: guards share key sets only if they have the same `fetch`. */
export function freshIsolate(sts: ScriptedIssuer, keySet: KeySetOptions): MandateVerifier {
  return sts.guard({ keySet: { fetch: (url, init) => sts.fetch(url, init), ...keySet } })
}

export const MAX_AGE_MS = 100_000
export const MAX_STALE_MS = 200_000
export const COOLDOWN_MS = 10_000
export const TIMES = { maxAgeMs: MAX_AGE_MS, maxStaleMs: MAX_STALE_MS, cooldownMs: COOLDOWN_MS }

/** An isolate has fetched the keys a millisecond ago, and left them in the cache. */
export async function filled(sts = scriptedIssuer(), cache = recordedCache()) {
  const keySet = { ...TIMES, cache }
  const first = freshIsolate(sts, keySet)
  await first.warmup()
  later(1)
  await aWhile(5)
  const token = await sts.mint({ lifetimeSeconds: 3_600 })
  return {
    sts,
    cache,
    first,
    token,
    isolate: () => freshIsolate(sts, keySet),
    fetches: () => sts.requests.length,
  }
}
