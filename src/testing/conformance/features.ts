// What a guard must support for a case to say something about it.

import type { Situation } from './case.ts'
import { needsUpstash, setUpIn } from './case-store.ts'

/** Options of `withCaracal` that cases set, and what else not every guard has. */
export const FEATURES = [
  'audience',
  'issuer',
  'expectedZoneId',
  'requiredScopes',
  'requiredTargets',
  'requiredUse',
  'maxLifetimeSeconds',
  'requireAgent',
  'requireDelegation',
  'requireChainContains',
  'maxHopCount',
  'routes',
  'exclude',
  'keySet',
  'onDecision',
  /** Refusing wrong options when the guard is made. */
  'configuration',
  /** Options as a function, whose mistakes show with the first request. */
  'optionsFunction',
  /** Options from the environment. */
  'environment',
  /** Asking a database by Upstash's REST protocol. */
  'upstash',
] as const

/** A feature of a guard that `conformance` can be told is not supported: an option of `withCaracal`, or one of the last four. */
export type ConformanceFeature = (typeof FEATURES)[number]

export function featuresOf(
  { gen, expect }: Situation,
  given: 'object' | 'function',
): readonly ConformanceFeature[] {
  const { config, env, store } = gen
  const needed = new Set<string>(Object.keys(config ?? {}))
  if (expect.outcome === 'config-error') needed.add('configuration')
  if (given === 'function') needed.add('optionsFunction')
  if (env !== undefined && env !== null) needed.add('environment')
  if (store && (needsUpstash(store) || setUpIn(store.fault) !== 'right')) needed.add('upstash')
  return Object.freeze(FEATURES.filter((feature) => needed.has(feature)))
}
