// @ts-check
// A Redis of the demo's own on a free loopback port, and Upstash's REST protocol in front of it.

import { randomBytes } from 'node:crypto'
import { HOW_TO_INSTALL, hasRedisServer, startRedis } from '../lab/redis-server.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'

export async function startLocalRedis() {
  if (!hasRedisServer()) {
    throw new Error(`--redis needs a Redis server on the PATH: ${HOW_TO_INSTALL}.`)
  }
  const redis = await startRedis()
  const token = randomBytes(16).toString('hex')
  const endpoint = await startUpstashEndpoint({ redisPort: redis.port, token })
  const hmacKey = randomBytes(32).toString('hex')

  return {
    database: { url: endpoint.url, token },
    hmacKey,
    vars: {
      UPSTASH_REDIS_REST_URL: endpoint.url,
      UPSTASH_REDIS_REST_TOKEN: token,
      STREAMS_HMAC_KEY: hmacKey,
    },

    /** @param {readonly string[]} command */
    async run(command) {
      const headers = { Authorization: `Bearer ${token}` }
      const response = await fetch(endpoint.url, { method: 'POST', headers, body: JSON.stringify(command) })
      if (!response.ok) throw new Error(`Redis refused ${command[0]}: ${await response.text()}`)
      return response.json()
    },

    async stop() {
      await endpoint.close()
      await redis.stop()
    },
  }
}
