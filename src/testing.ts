// The public surface of `caracal-edge/testing`.

export type { MandateDepartures } from './testing/mandate-claims.ts'
export { type RevocationStoreCheck, revocationStoreContract } from './testing/store-contract.ts'
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './testing/test-issuer.ts'
