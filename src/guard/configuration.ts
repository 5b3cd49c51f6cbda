// The compiled form of the options: complete, frozen, and the same for every request.

import type { DecisionObserver } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { KeySetting } from '../keys/key-setting.ts'
import type { NonEmptyList } from '../lib/checks.ts'
import type { PathKey } from '../request/path-key.ts'
import type { ExcludedKey } from '../request/path-policy.ts'
import type { CompleteRequirements } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'

/** Everything that one route requires of a mandate. */
export interface Rule extends CompleteRequirements {
  readonly audience: string
  readonly issuer: string
  readonly expectedZoneId: NonEmptyList<string>
  readonly maxLifetimeSeconds: number
  readonly revocations: RevocationStore
}

/** A route as written in the options. It takes missing options from the guard. */
export interface Route extends PathKey {
  /** The key, as it is written. */
  readonly key: string
  /** Its name in messages. */
  readonly place: string
  readonly rule: Partial<Rule>
}

export interface Exclusion extends ExcludedKey {
  /** Its name in messages. */
  readonly place: string
}

/** The options that apply to the whole guard. */
export interface GuardSettings {
  /** Each with the methods for which it applies: not those of another key on the same prefix, nor excluded ones. */
  readonly routes: readonly Route[]
  readonly exclude: readonly Exclusion[]
  readonly storeTimeoutMs: number
  readonly clockToleranceSeconds: number
  readonly keySet: KeySetting
  /** The most verified tokens in the cache; 0 for no cache. */
  readonly verifiedTokenCache: number
  /** A URL. */
  readonly resourceMetadata: string | undefined
  /** The header that holds the bare token; `undefined` for `Authorization` and its scheme. */
  readonly credentialHeader: string | undefined
  /** `undefined` for the default of the runtime. */
  readonly websocketDenial: WebSocketDenial | undefined
  readonly onDecision: DecisionObserver | undefined
}

export interface Configuration extends Omit<GuardSettings, 'routes'> {
  readonly defaultRule: Rule
  readonly routes: readonly (Pick<Route, 'key' | keyof PathKey> & { readonly rule: Rule })[]
}
