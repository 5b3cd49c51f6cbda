// What admits a request with revocations in Redis: the guard in its ways, and what others would build instead.
// @ts-check

import { Redis as Upstash } from '@upstash/redis/cloudflare'
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { createLocalJWKSet, jwtVerify } from 'jose'

export const LANES = 64
/** All of these are remembered by the guard. */
const MANDATES = 500
/** On a busy machine, a slow answer is still one. */
const PATIENCE_MS = 30_000
const PREFIX = 'caracal:revoked:sessions:'

/** @typedef {(lane: number) => Promise<boolean>} Admit takes the next mandate, and gives whether it is admitted */
/** @typedef {{ readonly id: string, readonly admit: Admit }} StoreContender */

/** @typedef {{ readonly url: string, readonly token: string }} Database */

/**
 * @param {Database} database
 * @param {number} redisPort
 * @returns {Promise<{ contenders: readonly StoreContender[], close: () => void }>}
 */
export async function createStoreContenders(database, redisPort) {
  const { Redis } = await import('ioredis')
  const redis = new Redis({ port: redisPort, host: '127.0.0.1', enableAutoPipelining: true })
  const plainRedis = new Redis({ port: redisPort, host: '127.0.0.1' })
  const issuer = createTestIssuer()
  const mandates = await Promise.all(Array.from({ length: MANDATES }, () => issuer.mint()))
  let next = 0
  // Made before: in production, the platform does this, guarded or not.
  const requests = mandates.map(
    (mandate) => new Request('https://api.test/', { headers: { authorization: `Bearer ${mandate}` } }),
  )
  const answer = new Response(null)
  const nextMandate = () => /** @type {string} */ (mandates[next++ % MANDATES])

  /** @param {readonly import('caracal-edge').RevocationStore[]} stores one for all, or one for each lane */
  const guard = (...stores) => {
    const guarded = stores.map((revocations) =>
      withCaracal(() => answer, { ...issuer.options, revocations, storeTimeoutMs: PATIENCE_MS }),
    )
    return async (/** @type {number} */ lane) => {
      const request = /** @type {Request} */ (requests[next++ % requests.length])
      return (await guarded[lane % guarded.length]?.(request))?.status === 200
    }
  }
  const keySet = createLocalJWKSet(await issuer.jwks())
  const rules = { issuer: issuer.issuer, audience: issuer.audience, algorithms: ['ES256'] }
  /** @param {(keys: string[]) => Promise<readonly unknown[]>} mget */
  const jose = (mget) => async () => {
    const { payload } = await jwtVerify(nextMandate(), keySet, rules)
    const anchors = [payload.sid, payload.root_sid, payload.agent_session_id, payload.delegation_edge_id]
    const keys = [...new Set(anchors), `delegation-epoch:${payload.zone_id}`].map((id) => `${PREFIX}${id}`)
    return (await mget(keys)).every((value) => value === null)
  }
  /** @param {boolean} enableAutoPipelining */
  const upstash = (enableAutoPipelining) => {
    const client = new Upstash({ ...database, enableAutoPipelining, enableTelemetry: false })
    return jose((keys) => client.mget(keys))
  }
  return {
    contenders: [
      { id: 'memory', admit: guard(new InMemoryRevocationStore()) },
      { id: 'shared', admit: guard(new UpstashRevocationStore({ ...database, timeoutMs: PATIENCE_MS })) },
      {
        id: 'apart',
        admit: guard(
          ...Array.from(
            { length: LANES },
            () => new UpstashRevocationStore({ ...database, timeoutMs: PATIENCE_MS }),
          ),
        ),
      },
      {
        id: 'redis',
        admit: guard(
          new RedisRevocationStore({
            command: ([name, ...args]) => plainRedis.call(name, ...args),
            timeoutMs: PATIENCE_MS,
          }),
        ),
      },
      { id: 'jose', admit: jose(async () => []) },
      { id: 'joseUpstash', admit: upstash(false) },
      { id: 'joseUpstashPipelined', admit: upstash(true) },
      { id: 'joseIoredisPipelined', admit: jose((keys) => redis.mget(keys)) },
    ],
    close() {
      redis.disconnect()
      plainRedis.disconnect()
    },
  }
}
