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
    return readingsOf(id).some((reading) => (this.#owners.get(reading) ?? principal) !== principal)
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

const UUID = /^[\da-f]{32}$/

/** How it is kept. Databases may compare without case, and read a UUID with hyphens and brackets anywhere, or without. */
function spellingOf(id: string, parts = partsOf(id)): string {
  const digits = parts.join('')
  return UUID.test(digits) ? digits : id.toLowerCase()
}

/** The lengths of the parts of a UUID, by their number: 32 digits, 8-4-4-4-12, and the list that .NET reads. */
const UUID_PARTS: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [32]],
  [5, [8, 4, 4, 4, 12]],
  [11, [8, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2]],
])

const STANDARD_UUID = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/

/**
 * What a server may find by an id: also what Java and .NET read, each part as a number, with or without leading zeros and
 * without digits too many, and what Go and SQL Server read, which overlook characters around a UUID.
 */
function readingsOf(id: string): readonly string[] {
  const [standard = ''] = STANDARD_UUID.exec(id.toLowerCase()) ?? []
  const within = standard.replaceAll('-', '')
  // The usual case, in which all are the same.
  if (standard.length === id.length) return [within]
  const parts = partsOf(id)
  const numbers = UUID_PARTS.get(parts.length)?.map((length, at) =>
    (parts[at] ?? '').slice(-length).padStart(length, '0'),
  )
  return [spellingOf(id, parts), ...[numbers?.join('') ?? '', within].filter((digits) => UUID.test(digits))]
}

/** The parts of what may be a UUID, without prefixes, signs, hyphens and brackets. */
function partsOf(id: string): readonly string[] {
  const parts = id
    .toLowerCase()
    .replace(/^(?:urn:)?(?:uuid:)?/, '')
    .split(/[^\da-z+]+/)
  return parts.map((part) => part.replace(/^\+?(?:0x)?/, '')).filter((part) => part !== '')
}

function sizeOf(id: string, principal: string): number {
  return id.length + principal.length
}
