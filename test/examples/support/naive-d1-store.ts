// A store over D1 as one writes it first. Its faults are what the checks must find.

import type { RevocationQuery, WritableRevocationStore } from 'caracal-edge'

interface Statement {
  bind(...values: readonly (string | number)[]): Statement
  first<Row>(): Promise<Row | null>
  run(): Promise<unknown>
}
export interface NaiveBinding {
  prepare(sql: string): Statement
}

export const NAIVE_SCHEMA = [
  'CREATE TABLE naive_revoked (id TEXT PRIMARY KEY COLLATE NOCASE, ends_at INTEGER)',
  'CREATE TABLE naive_epochs (zone TEXT PRIMARY KEY, epoch INTEGER, ends_at INTEGER)',
]

const nowSeconds = () => Math.floor(Date.now() / 1000)

export class NaiveD1Store implements WritableRevocationStore {
  readonly #db: NaiveBinding

  constructor(db: NaiveBinding) {
    this.#db = db
  }

  async lookup({ anchors, zoneId }: RevocationQuery) {
    const [sid = ''] = anchors
    const mark = await this.#db
      .prepare('SELECT id FROM naive_revoked WHERE id = ? AND ends_at > ?')
      .bind(sid, nowSeconds())
      .first<{ readonly id: string }>()
    const row = await this.#db
      .prepare('SELECT epoch FROM naive_epochs WHERE zone = ?')
      .bind(zoneId ?? '')
      .first<{ readonly epoch: number }>()
    return { revoked: mark !== null, delegationEpoch: row?.epoch ?? 0 }
  }

  async markRevoked(anchorId: string, ttlMs = 86_400_000) {
    await this.#db
      .prepare('INSERT OR REPLACE INTO naive_revoked VALUES (?, ?)')
      .bind(anchorId, nowSeconds() + Math.floor(ttlMs / 1000))
      .run()
  }

  async markDelegationEpoch(zoneId: string, epoch: number | bigint, ttlMs = 86_400_000) {
    await this.#db
      .prepare('INSERT OR REPLACE INTO naive_epochs VALUES (?, ?, ?)')
      .bind(zoneId, Number(epoch), nowSeconds() + Math.floor(ttlMs / 1000))
      .run()
  }
}
