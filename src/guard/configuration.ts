// A guard's whole configuration, as the rest of the package knows it.

import type { DecisionEvent } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { KeySetting } from '../keys/key-setting.ts'
import type { NonEmptyList } from '../lib/checks.ts'
import type { PathPrefix } from '../request/path-prefix.ts'
import type { Demands } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'

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

/** The options that an environment can stand in for. */
export type EnvironmentOption = 'audience' | 'issuer' | 'expectedZoneId' | 'revocations'
