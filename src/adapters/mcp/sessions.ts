// Which session ids were issued to whom, as far as this isolate knows.

import { MAX_SESSION_CHARACTERS, MAX_SESSIONS_PER_PRINCIPAL } from '../../lib/limits.ts'

/** Bounded: the oldest are forgotten, and nobody can make those of others be forgotten with more than a few of their own. */
export class KnownSessions {
  /** Spelling of a session id → principal, oldest first. */
  readonly #owners = new Map<string, string>()
  /** Principal → the spellings of its session ids, oldest first. */
  readonly #sessions = new Map<string, Set<string>>()
  #characters = 0

  /** Whether it was issued to somebody else. */
  isOfAnother(id: string, principal: string): boolean {
    const owner = this.#owners.get(spellingOf(id))
    return owner !== undefined && owner !== principal
  }

  /** Notes whom a server has issued an id. The first one counts. */
  add(issued: string, principal: string): void {
    const id = spellingOf(issued)
    if (this.#owners.has(id)) return
    const own = this.#sessions.get(principal) ?? new Set()
    this.#sessions.set(principal, own.add(id))
    this.#owners.set(id, principal)
    this.#characters += sizeOf(id, principal)
    const [oldest] = own
    if (own.size > MAX_SESSIONS_PER_PRINCIPAL && oldest !== undefined) this.#forget(oldest)
    for (const first of this.#owners.keys()) {
      if (this.#characters <= MAX_SESSION_CHARACTERS) break
      this.#forget(first)
    }
  }

  #forget(id: string): void {
    const owner = this.#owners.get(id)
    if (owner === undefined) return
    this.#owners.delete(id)
    this.#characters -= sizeOf(id, owner)
    const others = this.#sessions.get(owner)
    others?.delete(id)
    if (others?.size === 0) this.#sessions.delete(owner)
  }
}

const UUID =
  /^(?:urn:)?(?:uuid:)?\{?([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})\}?$/

/** Servers look sessions up in databases, which may compare without case, or read any form of a UUID. */
function spellingOf(id: string): string {
  const text = id.toLowerCase()
  return UUID.exec(text)?.slice(1).join('') ?? text
}

function sizeOf(id: string, principal: string): number {
  return id.length + principal.length
}
