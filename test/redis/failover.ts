// A replica, and a failover to it: another database of the same Redis, which a pass does not notice either.

import type { TestRedis } from './support.ts'

const REPLICA = 9

/** From now on the replica gets nothing more. */
export function cutOff(redis: TestRedis) {
  const copyAll = `
    redis.call('SELECT', ${REPLICA})
    redis.call('FLUSHDB')
    redis.call('SELECT', 0)
    for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', ${REPLICA}) end
    return 1
  `
  return redis.run('EVAL', copyAll, 0)
}

/** From now on the replica is what passes and guards ask. */
export function failOver(redis: TestRedis) {
  return redis.run('SWAPDB', 0, REPLICA)
}
