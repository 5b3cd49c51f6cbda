// The revocation store of a case: Upstash over HTTP with any fault, or a custom object.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import type { RedisMap } from './redis-map.ts'
import type { StoreTally, UpstashServer } from './upstash-server.ts'

interface StoreGen {
  readonly revoked?: readonly string[]
  readonly epoch?: string | number | null
  readonly epochZone?: string
  readonly keys?: readonly string[] | Readonly<Record<string, unknown>>
  readonly keyPrefix?: string
  readonly wrongtype?: readonly string[]
  readonly wire?: string
  readonly fault?: string
  readonly custom?: { readonly returns?: unknown; readonly throws?: 'sync' | 'async' }
}

export interface CaseStore {
  /** Creates a store for each guard. Throws if the store cannot be built. */
  build(): unknown
  readonly tally: StoreTally
  /** What must not leak. */
  readonly secret: string
}

const DEFAULT_PREFIX = 'caracal:revoked:sessions:'
const FAULTY_TIMEOUT_MS = 300
/** Long, so that a busy machine does not look like an outage. */
const HEALTHY_TIMEOUT_MS = 5000

/** Store options are given as in JavaScript: they may be incomplete. */
const LooseStore = UpstashRevocationStore as unknown as {
  new (options: unknown): unknown
  fromEnv(env: unknown): unknown
}

export function openCaseStore(gen: StoreGen, slug: string, server: UpstashServer): CaseStore {
  const secret = `store-secret-of-${slug}`
  if (gen.custom !== undefined) return customStore(gen.custom, secret)
  const { fault, keyPrefix, wire } = gen
  const unencoded = wire === 'raw-unencoded'
  if (wire !== undefined && !unencoded) throw new Error(`There is no wire mode ${wire}`)
  const script = { map: contentsOf(gen), unencoded }
  const broken = fault === undefined || BUILDERS[fault] !== undefined ? {} : { fault }
  const tally = server.open(secret, { ...script, ...broken })
  const timeoutMs = fault === undefined ? HEALTHY_TIMEOUT_MS : FAULTY_TIMEOUT_MS
  const prefix = keyPrefix === undefined ? {} : { keyPrefix }
  const options = { url: server.url, token: secret, timeoutMs, ...prefix }
  const build = BUILDERS[fault ?? ''] ?? ((given: object) => new LooseStore(given))
  return { build: () => build(options), tally, secret }
}

/** Faults in how the store is built. */
const BUILDERS: Readonly<Record<string, (options: object) => unknown>> = {
  'no-credentials': ({ ...options }: { url?: string; token?: string }) => {
    delete options.url
    delete options.token
    return new LooseStore(options)
  },
  'empty-credentials': (options) => new LooseStore({ ...options, url: '', token: '' }),
  'from-empty-env': () => LooseStore.fromEnv({}),
}

function contentsOf(gen: StoreGen): RedisMap {
  const prefix = gen.keyPrefix ?? DEFAULT_PREFIX
  const map: RedisMap = new Map()
  for (const anchor of gen.revoked ?? []) map.set(prefix + anchor, '1')
  for (const anchor of gen.wrongtype ?? []) map.set(prefix + anchor, ['1'])
  const { epoch, epochZone = 'zone-1', keys = [] } = gen
  if (epoch !== undefined && epoch !== null) map.set(`${prefix}delegation-epoch:${epochZone}`, String(epoch))
  const whole = Array.isArray(keys) ? keys.map((key: string) => [key, '1'] as const) : Object.entries(keys)
  for (const [key, value] of whole) map.set(key, String(value))
  return map
}

function customStore(custom: NonNullable<StoreGen['custom']>, secret: string): CaseStore {
  const tally: StoreTally = { requests: 0, keys: [] }
  const store = {
    lookup({ anchors }: { readonly anchors: readonly string[] }): unknown {
      tally.requests++
      tally.keys.push(...anchors)
      const error = new Error(`${secret} cannot look up ${anchors.join()}`)
      if (custom.throws === 'sync') throw error
      return custom.throws === 'async' ? Promise.reject(error) : Promise.resolve(custom.returns)
    },
  }
  return { build: () => store, tally, secret }
}
