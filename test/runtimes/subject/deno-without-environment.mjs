// @ts-nocheck
// Prints what a guard and a store say on Deno without permission to read the environment.

import { createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

const attempts = {
  guard: () => createMandateVerifier({ revocations: new InMemoryRevocationStore() }),
  store: () => UpstashRevocationStore.fromEnv(),
  bound: () => UpstashRevocationStore.fromEnv({ UPSTASH_REDIS_REST_URL: 'https://redis.test' }),
}

for (const [name, attempt] of Object.entries(attempts)) {
  try {
    attempt()
    console.log(`${name}: built`)
  } catch (error) {
    console.log(`${name}: ${error.name}: ${error.message.replaceAll('\n', ' ')}`)
  }
}
