// The engine, its decisions and events, and stores of one's own.

import {
  type Admission,
  type CallRefusal,
  CaracalConfigError,
  createMandateVerifier,
  type Decision,
  type DecisionEvent,
  type Denial,
  type DenialCode,
  type DenialReason,
  denialResponse,
  InMemoryRevocationStore,
  type KeySetCache,
  type KeySetFault,
  KeySetUnavailableError,
  type Mandate,
  type MandateVerifier,
  type RevocationFault,
  type RevocationStore,
  RevocationUnavailableError,
  type Skip,
  type SkipEvent,
  type WritableRevocationStore,
  withCaracal,
  workersKeySetCache,
} from 'caracal-edge'
import {
  type StreamLoss,
  type SyncReport,
  syncRevocations,
  UpstashRevocationStore,
} from 'caracal-edge/upstash'
import { exactly } from './support/exactly.ts'

const revocations = new InMemoryRevocationStore({ defaultTtlMs: 86_400_000, maxEntries: 10 })
const request = new Request('https://api.test/')

const verifier = createMandateVerifier({ audience: 'resource://api', revocations })
exactly<MandateVerifier>()(verifier)
const strict = verifier.require({ requiredScopes: ['write'], maxHopCount: 0 })
exactly<MandateVerifier<Admission | Denial>>()(strict)
exactly<MandateVerifier<Admission | Denial>>()(strict.require({}))
exactly<Promise<Admission | Denial>>()(strict.authorize(request))
export const takenForOneThatMaySkip: MandateVerifier = strict
exactly<Promise<Decision>>()(verifier.authorize(request))
exactly<Promise<Admission | Denial>>()(verifier.authorize(request, { requireAgent: true }))
exactly<Promise<Admission | Denial>>()(verifier.authorizeToken('token', { requiredUse: 'session' }))
exactly<Promise<void>>()(verifier.warmup())

export function narrowed(decision: Decision): Response {
  switch (decision.outcome) {
    case 'admit':
      exactly<Admission>()(decision)
      exactly<Mandate>()(decision.mandate)
      return Response.json(decision.mandate.delegationChain.map((link) => link.applicationId))
    case 'deny':
      exactly<Denial>()(decision)
      exactly<DenialCode>()(decision.code)
      exactly<401 | 403 | 500 | 503>()(decision.status)
      exactly<KeySetFault | RevocationFault | undefined>()(decision.fault)
      return denialResponse(decision)
    case 'skip':
      exactly<Skip>()(decision)
      return new Response()
  }
}

export async function judged(token: string): Promise<Mandate | Response> {
  const decision = await verifier.authorizeToken(token)
  return decision.outcome === 'admit' ? decision.mandate : denialResponse(decision)
}

export const observed = withCaracal(() => new Response(), {
  revocations,
  onDecision(event, request) {
    exactly<DecisionEvent>()(event)
    exactly<Request | undefined>()(request)
    switch (event.outcome) {
      case 'admit':
        exactly<string>()(event.sub)
        exactly<string>()(event.jti)
        break
      case 'deny':
        exactly<DenialReason | CallRefusal>()(event.reason)
        exactly<KeySetFault | RevocationFault | undefined>()(event.fault)
        break
      case 'skip':
        exactly<SkipEvent>()(event)
    }
  },
})

// Stores of one's own.
const revoked = new Set<string>()

export const synchronous: RevocationStore = {
  lookup: ({ anchors }) => ({ revoked: anchors.some((anchor) => revoked.has(anchor)), delegationEpoch: 0 }),
}

declare const database: {
  anyRevoked(ids: readonly string[]): Promise<boolean>
  epoch(zone: string): Promise<number>
}

export class DatabaseStore implements RevocationStore {
  async lookup({ anchors, zoneId }: { anchors: readonly string[]; zoneId: string | undefined }) {
    const epoch = zoneId === undefined ? 0 : database.epoch(zoneId)
    const [revoked, delegationEpoch] = await Promise.all([database.anyRevoked(anchors), epoch])
    return { revoked, delegationEpoch }
  }
}

export class WritableStore extends DatabaseStore implements WritableRevocationStore {
  async markRevoked(anchorId: string) {
    revoked.add(anchorId)
  }
  async markDelegationEpoch() {}
}

export const withStores = [
  createMandateVerifier({ revocations: synchronous }),
  createMandateVerifier({ revocations: new DatabaseStore(), routes: { '/admin': { revocations } } }),
  createMandateVerifier({ revocations: UpstashRevocationStore.fromEnv({ UPSTASH_REDIS_REST_URL: '' }) }),
]
export const writable: readonly WritableRevocationStore[] = [
  revocations,
  new WritableStore(),
  new UpstashRevocationStore({ url: 'https://redis.test', token: 'token', timeoutMs: 500 }),
]
exactly<Promise<void>>()(revocations.markRevoked('sid', 1_000))
exactly<Promise<void>>()(revocations.markDelegationEpoch('zone', 9_007_199_254_740_993n))

exactly<Promise<SyncReport>>()(syncRevocations({ env: {}, maxMessages: 10, groups: { revocations: 'mine' } }))
exactly<Promise<SyncReport>>()(
  syncRevocations({
    hmacKey: ['new', 'older'],
    lossHoldMs: 900_000,
    giveUp: ['restarted', 'trimmed', 'unverified'],
  }),
)
export async function cron(): Promise<boolean> {
  const { applied, caughtUp, fault, olderKeyUsed } = await syncRevocations({ unsignedStreams: 'accept' })
  exactly<number>()(applied)
  exactly<StreamLoss | RevocationFault | undefined>()(fault)
  exactly<boolean>()(olderKeyUsed)
  return caughtUp
}

// Every option at once.
export const complete = createMandateVerifier({
  audience: 'resource://api',
  revocations,
  issuer: 'https://sts.test',
  expectedZoneId: ['zone-1', 'zone-2'],
  requiredScopes: ['read'],
  requiredTargets: ['resource://ledger'],
  requiredUse: 'resource',
  requireAgent: true,
  requireDelegation: true,
  requireChainContains: ['app-1'],
  maxHopCount: 3,
  routes: {
    '/gateway': {
      requiredUse: 'session',
      maxLifetimeSeconds: 900,
      audience: 'resource://gateway',
      expectedZoneId: 'zone-1',
    },
  },
  exclude: ['/healthz'],
  storeTimeoutMs: 1_000,
  clockToleranceSeconds: 5,
  keySet: { fetch: (url, init) => fetch(url, init), maxAgeMs: 1, maxStaleMs: 1, cooldownMs: 1, timeoutMs: 1 },
  verifiedTokenCache: false,
  onDecision: () => {},
})
const memory = new Map<string, string>()
export const sharedKeys = createMandateVerifier({ revocations, keySet: { cache: workersKeySetCache } })
/** Over a namespace of Workers KV. */
export const keySetCache = (keys: {
  get(name: string): Promise<string | null>
  put(name: string, text: string, options?: { expirationTtl?: number }): Promise<void>
}): KeySetCache => ({
  get: (name) => keys.get(name),
  put: (name, text, ttlSeconds) => keys.put(name, text, { expirationTtl: Math.max(60, ttlSeconds) }),
})
export const keysInMemory: KeySetCache = {
  get: (name) => memory.get(name),
  put: (name, text) => memory.set(name, text),
}
export const inlineKeys = createMandateVerifier({
  revocations,
  keySet: { jwks: { keys: [{ kty: 'EC', crv: 'P-256', kid: 'key-1', x: '', y: '' }] } },
  verifiedTokenCache: { maxEntries: 10 },
  onDecision: async () => {},
})

export function faultOf(error: unknown): readonly string[] {
  if (error instanceof CaracalConfigError) return error.issues
  if (error instanceof KeySetUnavailableError) {
    exactly<KeySetFault>()(error.fault)
    exactly<number>()(error.retryAfterSeconds)
  }
  if (error instanceof RevocationUnavailableError) exactly<RevocationFault>()(error.fault)
  return []
}
