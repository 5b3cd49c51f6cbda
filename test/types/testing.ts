// The test issuer and the store contract.

import { createMandateVerifier, InMemoryRevocationStore, type Mandate, withCaracal } from 'caracal-edge'
import {
  createTestIssuer,
  type MandateDepartures,
  type RevocationStoreCheck,
  type TestIssuer,
  testRevocationStore,
} from 'caracal-edge/testing'
import { exactly } from './support/exactly.ts'

const issuer = createTestIssuer()
exactly<TestIssuer>()(issuer)
exactly<InMemoryRevocationStore>()(issuer.revocations)
exactly<Promise<string>>()(issuer.mint())

export const everyDeparture: MandateDepartures = {
  audience: ['resource://api', 'resource://other'],
  scopes: ['read'],
  hops: 2,
  agent: false,
  expired: true,
  lifetimeSeconds: 60,
  key: 'previous',
  claims: { sub: 'user-2', delegation_graph_epoch: undefined },
}
exactly<Promise<string>>()(issuer.mint(everyDeparture))

export const guarded = withCaracal(
  (_request, { caracal }) => {
    exactly<Mandate>()(caracal)
    return new Response()
  },
  { ...issuer.options, requiredScopes: ['read'] },
)
export const unchanged = withCaracal((_request, { caracal }) => Response.json(caracal.sub), issuer.options)
export const verifier = createMandateVerifier({ ...issuer.options, keySet: { jwks: await issuer.jwks() } })

export const other = createTestIssuer({
  issuer: 'https://sts.test',
  zoneId: 'zone-2',
  audience: 'resource://b',
})
exactly<Promise<Response>>()(other.handler(new Request('https://sts.test/.well-known/jwks.json')))
exactly<Promise<void>>()(other.rotate({ retirePrevious: true }))
exactly<Promise<void>>()(other.revoke('mandate'))

exactly<readonly RevocationStoreCheck[]>()(testRevocationStore(() => new InMemoryRevocationStore()))
export const [firstCheck] = testRevocationStore(async () => new InMemoryRevocationStore())
if (firstCheck) exactly<Promise<void>>()(firstCheck.check())
// @ts-expect-error: a store that cannot be written cannot be checked.
testRevocationStore(() => ({ lookup: () => ({ revoked: false, delegationEpoch: 0 }) }))
