// The key sets of the isolate. All guards share them, including those that are built again for a new environment.

import { systemClock } from '../lib/clock.ts'
import { inlineKeySet } from './inline-key-set.ts'
import type { KeySet } from './key-set.ts'
import type { KeySetting } from './key-setting.ts'
import { RemoteKeySet } from './remote-key-set.ts'

/** By the function that fetches them, then by URL and times. They are released together with the function. */
const isolateKeySets = new WeakMap<object, Map<string, KeySet>>()
const GLOBAL_FETCH = {}

/** The key set of a zone. Remote ones are shared by all guards with the same issuer, zone and setting. */
export function keySetOf(issuer: string, zoneId: string, setting: KeySetting): KeySet {
  if (setting.source === 'inline') return inlineKeySet(setting.jwks)
  const { fetch = GLOBAL_FETCH, maxAgeMs, maxStaleMs, cooldownMs, timeoutMs } = setting
  const url = new URL(`${issuer}/.well-known/jwks.json?zone_id=${encodeURIComponent(zoneId)}`).href
  const name = [url, maxAgeMs, maxStaleMs, cooldownMs, timeoutMs].join(' ')
  const shared = isolateKeySets.get(fetch) ?? new Map<string, KeySet>()
  const keySet = shared.get(name) ?? new RemoteKeySet(url, setting, systemClock)
  isolateKeySets.set(fetch, shared.set(name, keySet))
  return keySet
}
