// The public surface of `caracal-edge/redis`.

export type { RedisCommand, RedisOptions } from './redis/redis-options.ts'
export { RedisRevocationStore, type RedisRevocationStoreOptions } from './redis/redis-store.ts'
export {
  type FollowRevocationsOptions,
  followRevocations,
  type SyncRevocationsOptions,
  syncRevocations,
} from './streams/redis-streams.ts'
export type { StreamLoss, SyncReport } from './streams/sync-report.ts'
