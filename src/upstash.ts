// The public surface of `caracal-edge/upstash`.

export type { StreamLoss, SyncReport } from './revocation/sync-report.ts'
export { type SyncRevocationsOptions, syncRevocations } from './revocation/sync-revocations.ts'
export type { UpstashOptions } from './revocation/upstash-options.ts'
export { UpstashRevocationStore, type UpstashRevocationStoreOptions } from './revocation/upstash-store.ts'
