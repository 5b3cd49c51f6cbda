// Wrong uses of stores and of the test issuer, each of which must be an error of the compiler.

import { InMemoryRevocationStore, type RevocationStore, type WritableRevocationStore } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'

const revocations = new InMemoryRevocationStore()

// Stores.

// @ts-expect-error an answer has both members
export const noEpoch: RevocationStore = { lookup: () => ({ revoked: false }) }
// @ts-expect-error an answer is not a bare boolean
export const bareBoolean: RevocationStore = { lookup: async () => false }
// @ts-expect-error an answer is never null
export const nullAnswer: RevocationStore = { lookup: () => null }
// @ts-expect-error revoked is true or false
export const count: RevocationStore = { lookup: () => ({ revoked: 0, delegationEpoch: 0 }) }
const nothing = { revoked: false, delegationEpoch: 0 }
// @ts-expect-error asked for everything at once
export const oneByOne: RevocationStore = { lookup: (_anchor: string) => nothing }
// @ts-expect-error a store that is only read cannot be written to
export const readOnly: WritableRevocationStore = { lookup: () => nothing }
export const needsZone: RevocationStore = {
  // @ts-expect-error the zone may be undefined
  lookup: ({ zoneId }) => ({ revoked: false, delegationEpoch: zoneId.length }),
}
// @ts-expect-error unknown name
export const ttl = new InMemoryRevocationStore({ ttlMs: 1 })
// @ts-expect-error a number
export const entries = new InMemoryRevocationStore({ maxEntries: '10' })
// @ts-expect-error the token is missing
export const noToken = new UpstashRevocationStore({ url: 'https://redis.test' })
// @ts-expect-error unknown name
export const prefix = new UpstashRevocationStore({ url: 'https://redis.test', token: 'token', prefix: '' })
// @ts-expect-error a number
revocations.markRevoked('sid', '1000')
// @ts-expect-error a number or a bigint
revocations.markDelegationEpoch('zone-1', '3')

// @ts-expect-error unsigned streams are accepted in so many words
syncRevocations({ unsignedStreams: true })
// @ts-expect-error the key is written in hexadecimal
syncRevocations({ hmacKey: new Uint8Array(32) })
// @ts-expect-error unknown name
syncRevocations({ group: 'mine' })
// @ts-expect-error no kind of loss
syncRevocations({ giveUp: ['stale'] })
// @ts-expect-error a list
syncRevocations({ giveUp: 'restarted' })

// The test issuer.

// @ts-expect-error a number
export const textHops: MandateDepartures = { hops: '1' }
const issuer = createTestIssuer()
// @ts-expect-error a number
issuer.mint({ hops: '1' })
// @ts-expect-error only its absence is a departure
issuer.mint({ agent: true })
// @ts-expect-error no such key
issuer.mint({ key: 'wrong' })
// @ts-expect-error a list
issuer.mint({ scopes: 'read write' })
// @ts-expect-error true or false
issuer.mint({ expired: 'yes' })
// @ts-expect-error unknown name
createTestIssuer({ zone: 'zone-1' })
// @ts-expect-error the whole mandate, not its id
issuer.revoke(1)
