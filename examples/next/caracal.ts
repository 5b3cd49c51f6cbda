// What the guarded routes share.

import { InMemoryRevocationStore } from 'caracal-edge'

// For development. In production the options functions of the routes take `UpstashRevocationStore.fromEnv()` from
// `caracal-edge/upstash`.
export const revocations = new InMemoryRevocationStore()
