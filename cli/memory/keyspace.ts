// The keys of the Redis in memory, each a text or a stream, with the time at which it is gone.

import { refuse } from './replies.ts'
import type { Stream } from './stream.ts'

export interface Entry {
  readonly value: string | Stream
  /** In milliseconds since 1970; `undefined` if it stays. */
  expiresAt: number | undefined
}

export class Keyspace {
  readonly #entries = new Map<string, Entry>()

  entry(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry?.expiresAt === undefined || entry.expiresAt > Date.now()) return entry
    this.#entries.delete(key)
    return undefined
  }

  text(key: string): string | undefined {
    const value = this.entry(key)?.value
    return value === undefined || typeof value === 'string' ? value : wrongType()
  }

  stream(key: string): Stream | undefined {
    const value = this.entry(key)?.value
    return typeof value === 'string' ? wrongType() : value
  }

  set(key: string, value: string | Stream, expiresAt?: number): void {
    this.#entries.set(key, { value, expiresAt })
  }

  delete(key: string): boolean {
    return this.entry(key) !== undefined && this.#entries.delete(key)
  }
}

function wrongType(): never {
  return refuse('WRONGTYPE Operation against a key holding the wrong kind of value')
}
