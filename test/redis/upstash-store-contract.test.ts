// The Upstash store passes the contract that every store must pass, in front of a real Redis.

import { testRevocationStore } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { it } from 'vitest'
import { describeRedis, PATIENT } from './support.ts'

describeRedis('the Upstash store', (redis) => {
  it.each(testRevocationStore(() => new UpstashRevocationStore({ ...redis.database, ...PATIENT })))(
    '$title',
    ({ check }) => check(),
  )
})
