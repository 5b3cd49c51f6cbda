// The public surface of `caracal-edge/testing`.

export {
  createTestIssuer,
  type MandateDepartures,
  type TestIssuer,
  type TestIssuerOptions,
} from './test-issuer.ts'
