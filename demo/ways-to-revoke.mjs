// @ts-check
// How the demo revokes a session: through the Worker itself, in Redis, or by a message in the stream.

import { createHmac } from 'node:crypto'

/**
 * @typedef {object} WayToRevoke
 * @property {string} title
 * @property {(client: ReturnType<typeof import('./client.mjs').createDemoClient>, sid: string) => Promise<void>} revoke
 */

/**
 * The store is in the Worker's memory, so that only the Worker can write to it.
 *
 * @param {import('../lab/issuer.mjs').RunningIssuer} issuer
 * @returns {WayToRevoke}
 */
export function throughTheWorker(issuer) {
  return {
    title: 'at the Worker',
    async revoke(client, sid) {
      const mandate = await issuer.mint({ scopes: ['sessions:revoke'], claims: { sid: 'record-operator-1' } })
      await client.send({
        method: 'POST',
        path: '/sessions/revoke',
        credential: { shownAs: 'sessions:revoke', mandate },
        json: { session_id: sid },
        expected: { status: 200, body: { revoked: true } },
      })
    },
  }
}

/**
 * As any service that shares the Redis does it.
 *
 * @param {{ url: string, token: string }} database
 * @returns {WayToRevoke}
 */
export function inRedis(database) {
  return {
    title: 'in Redis',
    async revoke(client, sid) {
      const { UpstashRevocationStore } = await import('caracal-edge/upstash')
      await new UpstashRevocationStore(database).markRevoked(sid)
      client.say(`  UpstashRevocationStore.markRevoked('${sid}')`)
    },
  }
}

/**
 * As the STS does it: a signed message, which the Worker's next cron run applies.
 *
 * @param {object} options
 * @param {(command: readonly string[]) => Promise<unknown>} options.redis
 * @param {string} options.hmacKey
 * @param {() => Promise<void>} options.runCron
 * @returns {WayToRevoke}
 */
export function throughTheStream({ redis, hmacKey, runCron }) {
  const stream = 'caracal.sessions.revoke'
  return {
    title: 'by a message in the stream, and the cron trigger came',
    async revoke(client, sid) {
      const canonical = `${stream}\nsession_id=${sid}\nzone_id=zone-demo\n`
      const signature = createHmac('sha256', Buffer.from(hmacKey, 'hex')).update(canonical).digest('hex')
      await redis(['XADD', stream, '*', 'zone_id', 'zone-demo', 'session_id', sid, '_sig', signature])
      client.say(`  XADD ${stream} * zone_id zone-demo session_id ${sid} _sig <signature>`)
      await runCron()
      client.say('  scheduled() ran in the Worker')
    },
  }
}
