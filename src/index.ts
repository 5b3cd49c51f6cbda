// The public surface of `caracal-edge`.

export type {
  CaracalOptions,
  InlineKeySet,
  KeySetOptions,
  Requirements,
  RouteOptions,
  WebSocketDenial,
} from './config/options.ts'
export type {
  Admission,
  Decision,
  DecisionEvent,
  Denial,
  DenialCode,
  DenialReason,
  InvalidTokenReason,
  Skip,
} from './decision.ts'
export {
  CaracalConfigError,
  type KeySetFault,
  KeySetUnavailableError,
  type RevocationFault,
  RevocationUnavailableError,
} from './errors.ts'
export type { DelegationLink, Mandate, MandateUse } from './mandate/mandate.ts'
export { mandateOf } from './mandate-of.ts'
export { createMandateVerifier, type MandateVerifier } from './mandate-verifier.ts'
export { denialResponse } from './response/denial-response.ts'
export { InMemoryRevocationStore, type InMemoryRevocationStoreOptions } from './revocation/in-memory-store.ts'
export type {
  RevocationQuery,
  RevocationState,
  RevocationStore,
  WritableRevocationStore,
} from './revocation/store.ts'
export { type CaracalContext, type GuardedFetch, type GuardedHandler, withCaracal } from './with-caracal.ts'
