// The public surface of `caracal-edge/fetch`.

export { type FetchApp, type GuardedApp, guardFetch } from './adapters/guard-fetch.ts'
