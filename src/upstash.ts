// The public surface of `caracal-edge/upstash`.

export { UpstashRevocationStore, type UpstashRevocationStoreOptions } from './revocation/upstash-store.ts'
