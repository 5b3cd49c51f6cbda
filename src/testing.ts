// The public surface of `caracal-edge/testing`.

export {
  type ConformanceCheck,
  type ConformanceOptions,
  conformance,
} from './testing/conformance/conformance.ts'
export type { ConformanceFeature } from './testing/conformance/features.ts'
export type {
  ConformanceGuard,
  ConformanceHandler,
  ConformanceSettings,
  ConformanceUpstash,
} from './testing/conformance/settings.ts'
export type { DenialBody } from './testing/denial-form.ts'
export { expectAdmitted, expectDenied } from './testing/expectations.ts'
export type { MandateDepartures } from './testing/mandate-claims.ts'
export {
  type RevocationStoreCheck,
  revocationStoreContract,
  testRevocationStore,
} from './testing/store-contract.ts'
export { signStreamMessage } from './testing/stream-signer.ts'
export { startTestClock, type TestClock } from './testing/test-clock.ts'
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './testing/test-issuer.ts'
export { createTestStore, type TestStore } from './testing/test-store.ts'
export type { TestZone } from './testing/test-zone.ts'
