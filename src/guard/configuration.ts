// What options compile to: complete, frozen, and the same for every request.

import type { Observer } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { KeySetting } from '../keys/key-setting.ts'
import type { NonEmptyList } from '../lib/checks.ts'
import type { PathPrefix } from '../request/path-prefix.ts'
import type { CompleteRequirements } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'

/** Everything that one route asks of a mandate. */
export interface Rule extends CompleteRequirements {
  readonly audience: string
  readonly issuer: string
  readonly expectedZoneId: NonEmptyList<string>
  readonly maxLifetimeSeconds: number
  readonly revocations: RevocationStore
}

/** A route as it was written: what it leaves out, it takes from the guard. */
export interface Route {
  readonly prefix: PathPrefix
  /** How it is called in messages. */
  readonly place: string
  readonly rule: Partial<Rule>
}

export interface Exclusion {
  readonly prefix: PathPrefix
  /** How it is called in messages. */
  readonly place: string
}

/** What holds for the guard as a whole. */
export interface GuardSettings {
  readonly routes: readonly Route[]
  readonly exclude: readonly Exclusion[]
  readonly storeTimeoutMs: number
  readonly clockToleranceSeconds: number
  readonly keySet: KeySetting
  /** How many verified signatures are remembered; 0 turns that off. */
  readonly verifiedTokenCache: number
  /** `undefined` where the options do not say. */
  readonly websocketDenial: WebSocketDenial | undefined
  readonly onDecision: Observer | undefined
}

export interface Configuration extends Omit<GuardSettings, 'routes'> {
  readonly defaultRule: Rule
  readonly routes: readonly { readonly prefix: PathPrefix; readonly rule: Rule }[]
}
