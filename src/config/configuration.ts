// A guard's whole configuration, as the rest of the package knows it.

import type { DecisionEvent } from '../decision.ts'
import type { MandateUse } from '../mandate/mandate.ts'
import type { PathPrefix } from '../request/path-prefix.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { NonEmptyList } from './checks.ts'
import type { KeySetting } from './key-setting.ts'
import type { WebSocketDenial } from './options.ts'

/** What is asked of a mandate on top of its being valid: `Requirements`, complete. */
export interface Demands {
  readonly requiredScopes: readonly string[]
  readonly requiredTargets: readonly string[]
  /** `undefined` asks nothing, which only an additional demand may do. */
  readonly requiredUse: MandateUse | undefined
  readonly requireAgent: boolean
  readonly requireDelegation: boolean
  readonly requireChainContains: readonly string[]
  readonly maxHopCount: number
}

/** Everything that one route asks, complete. */
export interface Rule extends Demands {
  readonly audience: string
  readonly issuer: string
  readonly expectedZoneId: NonEmptyList<string>
  readonly maxLifetimeSeconds: number
  readonly revocations: RevocationStore
}

export interface RouteRule {
  readonly prefix: PathPrefix
  readonly rule: Rule
}

/** A guard's whole configuration. */
export interface Configuration {
  readonly defaultRule: Rule
  readonly routes: readonly RouteRule[]
  readonly exclude: readonly PathPrefix[]
  readonly storeTimeoutMs: number
  readonly clockToleranceSeconds: number
  readonly keySet: KeySetting
  /** 0 turns the cache off. */
  readonly verifiedTokens: number
  /** `undefined` where the options do not say. */
  readonly websocketDenial: WebSocketDenial | undefined
  readonly onDecision: ((event: DecisionEvent, request: Request | undefined) => void) | undefined
}

/** What a demand asks unless it says otherwise: nothing. */
export const NOTHING_MORE: Demands = Object.freeze({
  requiredScopes: Object.freeze([]),
  requiredTargets: Object.freeze([]),
  requiredUse: undefined,
  requireAgent: false,
  requireDelegation: false,
  requireChainContains: Object.freeze([]),
  maxHopCount: Number.POSITIVE_INFINITY,
})

/** The options that an environment can stand in for. */
export type EnvironmentOption = 'audience' | 'issuer' | 'expectedZoneId' | 'revocations'
