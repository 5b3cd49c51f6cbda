// The public surface of `caracal-edge/testing`.

export type { MandateDepartures } from './testing/mandate-claims.ts'
export { createTestIssuer, type TestIssuer, type TestIssuerOptions } from './testing/test-issuer.ts'
