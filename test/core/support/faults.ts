// Every fault of a request, one by one, and how to create it.

import { type CaracalOptions, InMemoryRevocationStore } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import type { ProtocolAnswer } from '../../support/protocol-answers.ts'
import { anonymous } from './requests.ts'

export interface Fault {
  readonly reason: string
  /** A lower rank is reported first (protocol §3); equal ranks in any order. */
  readonly rank: number
  readonly answer: ProtocolAnswer
  readonly fault?: string
  readonly authorization?: string
  /** Created when it is minted, because some of it depends on the time. */
  readonly mandate?: () => MandateDepartures
  readonly options?: Partial<CaracalOptions>
  readonly keys?: string
  readonly store?: string
  readonly url?: 'unreadable'
}

export interface FaultyRequest {
  readonly options: CaracalOptions
  readonly request: Request
  /** What must be in no answer. */
  readonly secrets: readonly string[]
  /** Those of them that an event and the log may tell: who was refused, by which key, and which host was asked. */
  readonly forOperator: readonly unknown[]
}

/** A guard's options and a request that have all of these faults and no other. */
export async function bringAbout(...wrong: readonly Fault[]): Promise<FaultyRequest> {
  const issuer = createTestIssuer({ issuer: 'https://sts-of-this-test.example', zoneId: 'zone-1' })
  const departures: readonly MandateDepartures[] = wrong.map(({ mandate }) => mandate?.() ?? {})
  const claimed = Object.assign({ sid: 'sid-of-this-test' }, ...departures.map(({ claims }) => claims))
  const token = await issuer.mint({ ...Object.assign({}, ...departures), claims: claimed })
  const claims = decodeJwt(token)
  const authorization = wrong.findLast((one) => one.authorization !== undefined)?.authorization
  const request = anonymous('/x', { headers: { authorization: authorization ?? `Bearer ${token}` } })
  return {
    options: {
      ...issuer.options,
      revocations: await storeWith(wrong.map(({ store }) => store)),
      ...(wrong.some(({ keys }) => keys === 'failing') && { keySet: { fetch: () => outOfReach() } }),
      ...Object.assign({}, ...wrong.map(({ options }) => options)),
    },
    request: wrong.some(({ url }) => url === 'unreadable') ? withoutUrl(request) : request,
    secrets: [
      ...token.split('.'),
      ...Object.values(claims).flatMap(textsIn),
      ...(await issuer.jwks()).keys.flatMap(({ kid, x, y }) => [kid, x, y].flatMap(textsIn)),
      'hunter2',
      'sts-of-this-test',
    ],
    forOperator: [
      ...[claims.sub, claims.client_id, claims.zone_id, claims.jti, 'sts-of-this-test'],
      ...(await issuer.jwks()).keys.map(({ kid }) => kid),
    ],
  }
}

async function storeWith(states: readonly (string | undefined)[]): Promise<CaracalOptions['revocations']> {
  if (states.includes('failing')) {
    return { lookup: () => Promise.reject(new TypeError('hunter2 at redis.internal')) }
  }
  const store = new InMemoryRevocationStore()
  if (states.includes('revoked')) await store.markRevoked('sid-of-this-test')
  if (states.includes('newer epoch')) await store.markDelegationEpoch('zone-1', 2)
  return store
}

/** No step foresees a request whose URL cannot be read. */
function withoutUrl(request: Request): Request {
  return Object.defineProperty(request, 'url', {
    get: () => {
      throw new TypeError('hunter2')
    },
  })
}

async function outOfReach(): Promise<Response> {
  throw new TypeError('no route to host')
}

/** Words of this package's own answers are not secrets, even if a claim contains them. */
const OWN_WORDS = new Set(['resource', 'session', 'gateway', 'user', 'read write', 'admin', 'read'])

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return OWN_WORDS.has(value) || value === '' ? [] : [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
