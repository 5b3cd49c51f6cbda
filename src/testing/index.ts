// The public surface of `caracal-edge/testing`.

export type { MandateDepartures } from './mandate-claims.ts'
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './test-issuer.ts'
