// The key sets of the isolate. All guards share them, including those that are built again for a new environment.

import { systemClock } from '../lib/clock.ts'
import { MAX_SHARED_INLINE_KEY_SETS } from '../lib/limits.ts'
import { bare } from '../lib/own-member.ts'
import { inlineKeySet } from './inline-key-set.ts'
import type { KeySet } from './key-set.ts'
import type { InlineKeySet } from './key-set-options.ts'
import { keySetUrl } from './key-set-url.ts'
import type { KeySetting } from './key-setting.ts'
import { RemoteKeySet } from './remote-key-set.ts'

/** By the function that fetches them and their cache, then by origin and times. They are released together with both. */
const isolateKeySets = new WeakMap<object, WeakMap<object, Map<string, KeySet>>>()
const GLOBAL_FETCH = {}
const NO_CACHE = {}

/** By the text of their keys, so that guards with the same keys share what is known of their signatures. */
const inlineKeySets = new Map<string, KeySet>()

/** The key set of a zone. Remote ones are shared by all guards with the same issuer, zone and setting. */
export function keySetOf(issuer: string, zoneId: string, setting: KeySetting): KeySet {
  if (setting.source === 'inline') return sharedInline(setting.jwks)
  const { fetch = GLOBAL_FETCH, cache = NO_CACHE, maxAgeMs, maxStaleMs, cooldownMs, timeoutMs } = setting
  const url = keySetUrl(issuer, zoneId, setting.url)
  const name = [
    ...[issuer, zoneId, url].map(encodeURIComponent),
    maxAgeMs,
    maxStaleMs,
    cooldownMs,
    timeoutMs,
  ].join(' ')
  const ofFetch = isolateKeySets.get(fetch) ?? new WeakMap<object, Map<string, KeySet>>()
  const shared = ofFetch.get(cache) ?? new Map<string, KeySet>()
  const keySet = shared.get(name) ?? new RemoteKeySet({ issuer, zone: zoneId, url }, setting, systemClock)
  isolateKeySets.set(fetch, ofFetch.set(cache, shared.set(name, keySet)))
  return keySet
}

function sharedInline(jwks: InlineKeySet): KeySet {
  // Key by key and without a prototype: a `toJSON` on `Object.prototype` must not make different keys look the same.
  const name = jwks.keys.map((key) => JSON.stringify(bare(key))).join('\n')
  const keySet = inlineKeySets.get(name) ?? inlineKeySet(jwks)
  inlineKeySets.set(name, keySet)
  const [oldest] = inlineKeySets.keys()
  if (inlineKeySets.size > MAX_SHARED_INLINE_KEY_SETS && oldest !== undefined) inlineKeySets.delete(oldest)
  return keySet
}
