// A valid mandate, with keys and a store that work, for properties that change one thing.

import type { CaracalOptions } from 'caracal-edge'
import { forge } from './forge.ts'
import { keyOf, keySetOf } from './keys.ts'
import { GOOD, NOW, optionsFor, RULE, ZONES } from './mandates.ts'
import type { Situation } from './model.ts'

export const MANDATE = forge(GOOD, keyOf(GOOD.zone_id), { at: 'nothing' })

const KEY_SETS = Object.fromEntries(ZONES.map((zone) => [zone, keySetOf(keyOf(zone))]))
const CLEAN = { revoked: false, delegationEpoch: 0 }

export const CALM_OPTIONS: CaracalOptions = {
  ...optionsFor(RULE),
  keySet: { fetch: async (url) => new Response(KEY_SETS[new URL(url).searchParams.get('zone_id') ?? '']) },
  revocations: { lookup: () => CLEAN },
}

/** The same situation, for the model. */
export const CALM: Situation = {
  authorization: `Bearer ${MANDATE}`,
  rule: RULE,
  toleranceSeconds: 60,
  keySets: KEY_SETS,
  lookUp: () => CLEAN,
  nowMs: NOW * 1000,
  laterMs: NOW * 1000,
}
