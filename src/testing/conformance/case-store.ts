// The revocation store of a case: an object with `lookup`, and the same state as an Upstash database, with every fault.

import type { RevocationQuery, RevocationState, RevocationStore } from '../../revocation/store.ts'
import type { StoreScript } from './case.ts'
import type { RedisMap } from './redis-map.ts'
import { type StoreTally, serveUpstash, type UpstashScript } from './upstash-endpoint.ts'

export interface CaseStore {
  /** The state as an object. Where only a database could have the fault, its look-ups reject. */
  readonly object: RevocationStore
  readonly tally: StoreTally
  readonly timeoutMs: number
  /** `undefined` where the case is about an object of the caller's own. */
  readonly upstash: { readonly keyPrefix: string | undefined; readonly setUp: UpstashSetUp } | undefined
  serve(request: Request): Promise<Response>
  /** From now on it is in this state. Its time limit and its set-up stay. */
  become(script: StoreScript): void
}

/** How the client of the database is set up: rightly, or with a mistake. */
export type UpstashSetUp = 'right' | 'no-credentials' | 'empty-credentials' | 'from-empty-env'

const DEFAULT_PREFIX = 'caracal:revoked:sessions:'
const FAULTY_TIMEOUT_MS = 300
/** Long, so that a busy machine does not look like an outage. */
const HEALTHY_TIMEOUT_MS = 5000

/** Faults that any store can have: no answer in time, or none at all. */
const SILENT = ['hang', 'abort-value-signal', 'stall']
const BROKEN = /^(reset|http-\d{3})$/

/** @param secret what must not leak: its errors quote it */
export function openStore(script: StoreScript, secret: string): CaseStore {
  const tally: StoreTally = { requests: 0, keys: [] }
  const { fault, keyPrefix, custom } = script
  const setUp = setUpIn(fault)
  let current = script
  let held: Promise<void> | undefined
  const hold = () => {
    held ??= new Promise((resolve) => setTimeout(resolve, script.holdsMs))
    return held
  }
  let upstash = upstashIn(script)
  return {
    tally,
    timeoutMs: fault === undefined ? HEALTHY_TIMEOUT_MS : FAULTY_TIMEOUT_MS,
    upstash: custom === undefined ? { keyPrefix, setUp } : undefined,
    async serve(request) {
      if (script.holdsMs !== undefined) await hold()
      return serveUpstash(upstash, tally, request)
    },
    object: {
      lookup(query) {
        tally.requests++
        tally.keys.push(...query.anchors)
        // A case may give any answer: the guard is what must judge it.
        const answer = () => answerTo(query, current, secret) as RevocationState | Promise<RevocationState>
        return script.holdsMs === undefined ? answer() : hold().then(answer)
      },
    },
    become(next) {
      current = next
      upstash = upstashIn(next)
    },
  }
}

function upstashIn(script: StoreScript): UpstashScript {
  const { fault, wire } = script
  if (wire !== undefined && wire !== 'raw-unencoded') throw new Error(`There is no wire mode ${wire}`)
  return {
    map: contentsOf(script),
    fault: setUpIn(fault) === 'right' ? fault : undefined,
    unencoded: wire !== undefined,
  }
}

/** Whether only a database can be in this state: it needs a client that asks it. */
export function needsUpstash({ fault, epoch, keys, keyPrefix, wrongtype, wire }: StoreScript): boolean {
  const isOfDatabases = fault !== undefined && !SILENT.includes(fault) && !BROKEN.test(fault)
  const isOddEpoch = epoch !== undefined && epoch !== null && !/^\d+$/.test(String(epoch))
  const ofDatabases = [keys, keyPrefix, wrongtype, wire]
  return isOfDatabases || isOddEpoch || ofDatabases.some((member) => member !== undefined)
}

/** Whether the store is not only asked, but must be refused when the guard is built. */
export function setUpIn(fault: string | undefined): UpstashSetUp {
  return fault === 'no-credentials' || fault === 'empty-credentials' || fault === 'from-empty-env'
    ? fault
    : 'right'
}

function answerTo({ anchors, zoneId }: RevocationQuery, script: StoreScript, secret: string): unknown {
  const { custom, fault, revoked = [], epoch, epochZone = 'zone-1' } = script
  const error = () => new Error(`${secret} cannot look up ${anchors.join()}`)
  if (custom !== undefined) {
    if (custom.throws === 'sync') throw error()
    return custom.throws === 'async' ? Promise.reject(error()) : Promise.resolve(custom.returns)
  }
  if (fault !== undefined && SILENT.includes(fault)) return new Promise(() => {})
  if (fault !== undefined || needsUpstash(script)) return Promise.reject(error())
  const has = epoch !== undefined && epoch !== null
  const stored = has && zoneId === epochZone ? BigInt(epoch) : 0n
  const delegationEpoch = stored > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Number(stored)
  // As in the database, where an anchor of this name is the key of the epoch (protocol §5).
  const marked = has ? [...revoked, `delegation-epoch:${epochZone}`] : revoked
  return Promise.resolve({ revoked: anchors.some((anchor) => marked.includes(anchor)), delegationEpoch })
}

function contentsOf(script: StoreScript): RedisMap {
  const { keyPrefix: prefix = DEFAULT_PREFIX, revoked = [], wrongtype = [], keys = [] } = script
  const map: RedisMap = new Map()
  for (const anchor of revoked) map.set(prefix + anchor, '1')
  for (const anchor of wrongtype) map.set(prefix + anchor, ['1'])
  const { epoch, epochZone = 'zone-1' } = script
  if (epoch !== undefined && epoch !== null) map.set(`${prefix}delegation-epoch:${epochZone}`, String(epoch))
  const whole = Array.isArray(keys) ? keys.map((key: string) => [key, '1'] as const) : Object.entries(keys)
  for (const [key, value] of whole) map.set(key, String(value))
  return map
}
