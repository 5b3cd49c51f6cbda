// What other code could put on `Object.prototype`: every name that this package reads, with the value that would help an attacker most.

import type { RevocationState } from 'caracal-edge'

const clean = (): RevocationState => ({ revoked: false, delegationEpoch: 0 })
const NOW = Math.floor(Date.now() / 1000)

/** @param evil the key set of an untrusted key that has the signer's key id */
export function temptations(evil: { readonly keys: readonly object[] }): Readonly<Record<string, unknown>> {
  const [key] = evil.keys
  return {
    // Options.
    audience: 'resource://other',
    issuer: 'https://evil.test',
    expectedZoneId: 'zone-9',
    revocations: { lookup: clean },
    requiredScopes: [],
    requiredTargets: [],
    requiredUse: 'session',
    requireAgent: false,
    requireDelegation: false,
    requireChainContains: [],
    maxHopCount: 100,
    maxLifetimeSeconds: 1_000_000,
    routes: { '/x': { requiredScopes: [], requireAgent: false } },
    '/x': { requiredScopes: [] },
    exclude: ['/x'],
    storeTimeoutMs: 50,
    clockToleranceSeconds: 300,
    keySet: { jwks: evil },
    jwks: evil,
    fetch: () => Promise.reject(new Error('polluted')),
    maxAgeMs: 0,
    maxStaleMs: 1,
    cooldownMs: 0,
    timeoutMs: 50,
    verifiedTokenCache: false,
    maxEntries: 1,
    websocketDenial: 'http',
    onDecision: 'polluted',
    defaultTtlMs: 900_000,
    url: 'https://evil.test',
    token: 'evil',
    keyPrefix: 'evil:',
    maxSyncAgeMs: 1,
    env: { CARACAL_STS_URL: 'https://evil.test' },
    lookup: clean,
    // Variables, and where runtimes keep them.
    CARACAL_STS_URL: 'https://evil.test',
    CARACAL_ZONE_ID: 'zone-9',
    CARACAL_AUDIENCE: 'resource://other',
    UPSTASH_REDIS_REST_URL: 'https://evil.test',
    UPSTASH_REDIS_REST_TOKEN: 'evil',
    Deno: { env: { get: () => 'zone-9' } },
    // Claims.
    iss: 'https://sts.test',
    sub: 'root',
    aud: ['resource://api'],
    exp: NOW + 600,
    iat: NOW,
    nbf: NOW + 3_600,
    jti: 'jti',
    zone_id: 'zone-1',
    client_id: 'app-1',
    sid: 'sid',
    root_sid: 'sid',
    use: 'resource',
    sub_type: 'user',
    scope: 'admin',
    target: ['resource://t'],
    agent_session_id: 'agent',
    delegation_edge_id: 'edge',
    source_session_id: 'agent',
    target_session_id: 'agent',
    delegation_path: ['edge'],
    delegation_chain: [{ application_id: 'app-9' }],
    application_id: 'app-9',
    hop_count: 1,
    delegation_graph_epoch: 99,
    cnf: { jkt: 'x' },
    // Members of a JOSE header, and of keys.
    alg: 'ES256',
    typ: 'JWT',
    kid: 'signer-1',
    crit: ['exp'],
    b64: false,
    keys: evil.keys,
    kty: 'EC',
    crv: 'P-256',
    x: key === undefined ? '' : Reflect.get(key, 'x'),
    y: key === undefined ? '' : Reflect.get(key, 'y'),
    key_ops: ['verify'],
    ext: true,
    d: 'AAAA',
    // Members of answers, of decisions and of what is passed to the platform.
    revoked: false,
    delegationEpoch: 0,
    result: [null, null, null],
    error: 'ERR polluted',
    outcome: 'skip',
    status: 200,
    code: 'missing_token',
    description: 'polluted',
    hint: 'polluted',
    reason: 'polluted',
    fault: 'polluted',
    retryAfterSeconds: 1,
    mandate: { sub: 'root' },
    caracal: { sub: 'root' },
    websocket: {},
    upgrade: () => true,
    statusText: 'polluted',
  }
}

/** Runs `work` while these members are on `Object.prototype`. The result must contain no object: it is compared later. */
export async function polluted<T>(members: object, run: () => Promise<T>): Promise<T> {
  const names = Object.keys(members)
  for (const name of names) {
    const value: unknown = Reflect.get(members, name)
    Object.defineProperty(Object.prototype, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    })
  }
  try {
    return await run()
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name)
  }
}
