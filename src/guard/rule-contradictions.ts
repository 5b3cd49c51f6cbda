// Rules that are valid by themselves and cannot be used together with the key set, or with their store.

import { zonesIn } from '../keys/key-set-url.ts'
import { defaultTtlOf } from '../revocation/default-ttl.ts'
import type { Configuration, Route, Rule } from './configuration.ts'

/** A key set belongs to one issuer and one zone (protocol §2). Its keys must verify nobody else's mandates. */
export function ownerlessKeySet({ keySet, defaultRule, routes }: Configuration): readonly string[] {
  const rules = [defaultRule, ...routes.map(({ rule }) => rule)]
  const issuers = new Set(rules.map(({ issuer }) => issuer))
  const zones = new Set(rules.flatMap(({ expectedZoneId }) => expectedZoneId))
  if (keySet.source === 'inline') {
    if (issuers.size === 1 && zones.size === 1) return []
    return ['keySet.jwks has the keys of one zone, but several zones or issuers are configured: leave it out']
  }
  if (keySet.url === undefined) return []
  if (issuers.size > 1) {
    return ['keySet.url is the key set of one issuer, but several are configured: leave it out']
  }
  const named = zonesIn(keySet.url)
  if (named.length === 0 || (named.length === 1 && zones.size === 1 && zones.has(named.join()))) return []
  return [
    'keySet.url has a zone_id that is not the one zone that is configured: leave zone_id out, and it is added for each zone',
  ]
}

/** A revoked mandate would be valid again if its mark expired first. */
export function outlivedMarks(defaultRule: Rule, routes: readonly Route[]): readonly string[] {
  return [
    ...outlivedMarksAt('', defaultRule),
    ...routes.flatMap(({ place, rule }) =>
      Object.hasOwn(rule, 'revocations') || Object.hasOwn(rule, 'maxLifetimeSeconds')
        ? outlivedMarksAt(`${place}.`, { ...defaultRule, ...rule })
        : [],
    ),
  ]
}

function outlivedMarksAt(place: string, { revocations, maxLifetimeSeconds }: Rule): readonly string[] {
  const ttlMs = defaultTtlOf(revocations)
  if (ttlMs === undefined || ttlMs >= maxLifetimeSeconds * 1000) return []
  return [
    `${place}revocations has a defaultTtlMs that is shorter than ${place}maxLifetimeSeconds: a revoked mandate would be valid again. Raise defaultTtlMs, or lower maxLifetimeSeconds`,
  ]
}
