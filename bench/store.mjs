// What a look-up in Redis costs beside a bare MGET through the same client, and how many requests it takes.
// @ts-check

import { Redis } from '@upstash/redis/cloudflare'
import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { HOW_TO_INSTALL, hasRedisServer, startRedis } from '../lab/redis-server.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'
import { interleave } from './interleave.mjs'
import { printTable } from './table.mjs'

const SECONDS = 5
const TOKEN = 'bench'

if (!hasRedisServer()) {
  console.log(`The cost of a look-up in Redis is left out: no Redis server on the PATH (${HOW_TO_INSTALL}).`)
} else {
  const redis = await startRedis()
  let requests = 0
  let commands = 0
  const endpoint = await startUpstashEndpoint({
    redisPort: redis.port,
    token: TOKEN,
    onRequest: (exchange) => {
      requests += 1
      commands += exchange.commands.length
    },
  })
  try {
    await compare(endpoint.url)
  } finally {
    await endpoint.close()
    await redis.stop()
  }

  /** @param {string} url */
  async function compare(url) {
    const issuer = createTestIssuer()
    const store = new UpstashRevocationStore({ url, token: TOKEN })
    const client = new Redis({
      url,
      token: TOKEN,
      automaticDeserialization: false,
      enableAutoPipelining: false,
      enableTelemetry: false,
      responseEncoding: false,
    })
    const query = { anchors: ['sid', 'root', 'agent', 'edge'], zoneId: 'zone-1' }
    const keys = [...query.anchors, 'delegation-epoch:zone-1'].map(
      (name) => `caracal:revoked:sessions:${name}`,
    )
    const rows = await interleave(
      [
        { id: 'mget', together: 1, prepare: () => () => client.mget(keys), isRight: Array.isArray },
        {
          id: 'lookup',
          together: 1,
          prepare: () => () => store.lookup(query),
          isRight: (state) => state instanceof Object && 'revoked' in state && state.revoked === false,
        },
      ],
      SECONDS,
    )
    console.log('\nA look-up in a real Redis on this machine, one at a time, in µs')
    printTable(rows, { mget: 'bare MGET of five keys', lookup: 'UpstashRevocationStore.lookup' })

    const guarded = withCaracal(() => new Response(null), { ...issuer.options, revocations: store })
    const headers = { authorization: `Bearer ${await issuer.mint()}` }
    const times = 100
    requests = 0
    commands = 0
    for (let time = 0; time < times; time++) {
      const { status } = await guarded(new Request('https://api.test/', { headers }))
      if (status !== 200) throw new Error('The benchmark would measure refusals.')
    }
    console.log(`per admitted request: ${requests / times} HTTP request, ${commands / times} Redis command`)
  }
}
