// The public surface of `caracal-edge`.

export { AuthorityEndedError } from './decision/authority-ended-error.ts'
export type { CallRefusal } from './decision/call-refusal.ts'
export type {
  Admission,
  Decision,
  DecisionStep,
  Denial,
  DenialCode,
  DenialReason,
  InvalidTokenReason,
  Skip,
} from './decision/decision.ts'
export { denialResponse } from './decision/denial-response.ts'
export {
  CaracalConfigError,
  type KeySetFault,
  KeySetUnavailableError,
  type OutageDetails,
  type RevocationFault,
  RevocationUnavailableError,
} from './decision/errors.ts'
export type {
  AdmissionEvent,
  DecisionDetails,
  DecisionEvent,
  DecisionObserver,
  DenialEvent,
  SkipEvent,
} from './decision/events.ts'
export type { WebSocketDenial } from './decision/refusal.ts'
export type { Authority } from './guard/authority.ts'
export { authorityOf } from './guard/authority-of.ts'
export type { AuthoritySignalOptions } from './guard/authority-signal.ts'
export type {
  CheckName,
  ExplainedCheck,
  ExplainedRule,
  Explanation,
  FailedCheck,
  PassedCheck,
  UnaskedCheck,
  UnreachedCheck,
} from './guard/explain/explanation.ts'
export { mandateOf } from './guard/mandate-of.ts'
export { createMandateVerifier, type MandateVerifier } from './guard/mandate-verifier.ts'
export type {
  CaracalOptions,
  ExcludedPath,
  RouteKey,
  RouteOptions,
} from './guard/options.ts'
export type { PartReadiness, Readiness } from './guard/readiness.ts'
export {
  type CaracalContext,
  type GuardedFetch,
  type GuardedHandler,
  withCaracal,
} from './guard/with-caracal.ts'
export type { KeySetCache } from './keys/key-set-cache.ts'
export type { InlineKeySet, KeySetOptions } from './keys/key-set-options.ts'
export { workersKeySetCache } from './keys/workers-key-set-cache.ts'
export type { DelegationLink, Mandate, MandateUse } from './mandate.ts'
export { type ConsoleObserverOptions, consoleObserver } from './observe/console.ts'
export type { Requirements } from './requirements.ts'
export { InMemoryRevocationStore, type InMemoryRevocationStoreOptions } from './revocation/in-memory-store.ts'
export type {
  RevocationQuery,
  RevocationState,
  RevocationStore,
  WritableRevocationStore,
} from './revocation/store.ts'
