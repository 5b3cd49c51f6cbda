// A revocation store over Cloudflare D1. It passes `testRevocationStore` of caracal-edge/testing, in test/examples/d1-store.test.ts.

import type { RevocationQuery, RevocationState, WritableRevocationStore } from 'caracal-edge'

/** What is used of a D1 binding. */
interface Statement {
  bind(...values: readonly (string | number)[]): Statement
}
interface Session {
  prepare(sql: string): Statement
  batch(statements: Statement[]): Promise<readonly { readonly results: readonly unknown[] }[]>
}
export interface D1Binding extends Session {
  withSession(constraint: 'first-primary'): Session
}

/** Run it once, as a migration. */
export const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS revoked (id TEXT PRIMARY KEY, ends_at INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE IF NOT EXISTS epochs (zone TEXT PRIMARY KEY, epoch INTEGER NOT NULL, ends_at INTEGER NOT NULL) WITHOUT ROWID',
]

const DAY_MS = 86_400_000
const MAX_TTL_MS = 2 ** 31 - 1
/** More than any mandate can have: the guard compares numbers, and SQLite counts further than they do. */
const BEYOND = 2 ** 53

export class D1RevocationStore implements WritableRevocationStore {
  readonly #db: D1Binding

  constructor(db: D1Binding) {
    this.#db = db
  }

  async lookup({ anchors, zoneId }: RevocationQuery): Promise<RevocationState> {
    // A replica may not know of a revocation yet: the primary is asked, for both at once.
    const session = this.#db.withSession('first-primary')
    const now = Date.now()
    const marks = anchors.map(() => '?').join()
    const answers = await session.batch([
      session
        .prepare(`SELECT count(*) AS n FROM revoked WHERE ends_at > ? AND id IN (${marks})`)
        .bind(now, ...anchors),
      session
        .prepare('SELECT max(epoch) AS n FROM epochs WHERE ends_at > ? AND zone = ?')
        .bind(now, zoneId ?? ''),
    ])
    const [revoked, epoch] = answers.map(({ results }) => numberIn(results))
    // It throws where it does not know. The guard then answers 503.
    if (typeof revoked !== 'number' || epoch === undefined) throw new Error('D1 gave no answer to the lookup')
    return {
      revoked: revoked > 0,
      delegationEpoch: (epoch ?? 0) >= BEYOND ? Number.POSITIVE_INFINITY : (epoch ?? 0),
    }
  }

  async markRevoked(anchorId: string, ttlMs: number = DAY_MS): Promise<void> {
    mustBeId('anchorId', anchorId)
    mustBeTtl(ttlMs)
    await this.#write(
      `INSERT INTO revoked (id, ends_at) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET ends_at = max(ends_at, excluded.ends_at)`,
      [anchorId, Date.now() + ttlMs],
    )
  }

  async markDelegationEpoch(zoneId: string, epoch: number | bigint, ttlMs: number = DAY_MS): Promise<void> {
    mustBeId('zoneId', zoneId)
    const isEpoch = typeof epoch === 'bigint' ? epoch >= 0n : Number.isSafeInteger(epoch) && epoch >= 0
    if (!isEpoch) throw new TypeError('epoch must be a whole number, 0 or more; above 2^53 - 1 a bigint')
    mustBeTtl(ttlMs)
    const now = Date.now()
    await this.#write(
      `INSERT INTO epochs (zone, epoch, ends_at) VALUES (?, ?, ?)
       ON CONFLICT (zone) DO UPDATE SET
         epoch = CASE WHEN ends_at > ? THEN max(epoch, excluded.epoch) ELSE excluded.epoch END,
         ends_at = max(ends_at, excluded.ends_at)`,
      [zoneId, epoch >= BEYOND ? BEYOND : Number(epoch), now + ttlMs, now],
    )
  }

  async #write(sql: string, values: readonly (string | number)[]): Promise<void> {
    const session = this.#db.withSession('first-primary')
    await session.batch([session.prepare(sql).bind(...values)])
  }
}

/** `null` where no row has one; `undefined` where the answer is not one row with a number. */
function numberIn(results: readonly unknown[]): number | null | undefined {
  const [row] = results
  if (typeof row !== 'object' || row === null || !('n' in row)) return undefined
  return typeof row.n === 'number' || row.n === null ? row.n : undefined
}

function mustBeId(name: string, id: unknown): void {
  if (typeof id !== 'string' || id === '') throw new TypeError(`${name} must be a non-empty string`)
  if (/\p{Surrogate}/u.test(id)) throw new TypeError(`${name} must not contain a lone surrogate`)
  if (/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/.test(id)) throw new TypeError(`${name} is a whole mandate: pass its sid`)
}

function mustBeTtl(ttlMs: unknown): void {
  const isTtl = typeof ttlMs === 'number' && Number.isSafeInteger(ttlMs) && ttlMs >= 1 && ttlMs <= MAX_TTL_MS
  if (!isTtl) throw new TypeError('ttlMs must be a whole number of milliseconds, 1 or more')
}
