// The public surface of `caracal-edge/upstash`.

export type { UpstashOptions } from './redis/upstash-options.ts'
export { UpstashRevocationStore, type UpstashRevocationStoreOptions } from './redis/upstash-store.ts'
export type { StreamLoss, SyncReport } from './streams/sync-report.ts'
export {
  type FollowRevocationsOptions,
  followRevocations,
  type SyncRevocationsOptions,
  syncRevocations,
} from './streams/upstash-streams.ts'
