// A revocation store that a test programs: down, slow, silent, malformed, or with everything revoked from now on.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { MAX_TIME_MS } from '../lib/limits.ts'
import { typeOf } from '../lib/type-of.ts'
import { assertQuery } from '../revocation/arguments.ts'
import { InMemoryRevocationStore } from '../revocation/in-memory-store.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from '../revocation/store.ts'

/** See {@link createTestStore}. */
export interface TestStore extends WritableRevocationStore {
  /** What was looked up so far, oldest first: one query for each request that got as far as the store. */
  readonly queries: readonly RevocationQuery[]
  /** From now on, every look-up fails. A guard answers `revocation_unavailable`. */
  goDown(): void
  /**
   * From now on, every answer takes so long. With more than the `storeTimeoutMs` of a guard (5 seconds by default), it
   * answers `revocation_unavailable`.
   * @throws {TypeError} if it is not a whole number of milliseconds, 0 or more
   */
  answerAfter(ms: number): void
  /** From now on, no look-up is answered at all. */
  fallSilent(): void
  /**
   * From now on, this is the answer to every look-up, in the right form or not. A guard takes one in a wrong form for
   * an outage.
   */
  answerWith(answer: unknown): void
  /** From now on, whatever is looked up is revoked. */
  revokeAll(): void
  /** Answers by its marks again, at once. Marks and queries stay. */
  recover(): void
}

type Behaviour = (query: RevocationQuery) => unknown

/**
 * A revocation store in memory whose faults a test brings about. It starts without faults and without marks.
 *
 * What it throws names no anchor. `queries` has them: do not print it where the ids are real.
 *
 * @example
 * ```ts
 * const store = createTestStore()
 * const guarded = withCaracal(handler, { ...issuer.options, revocations: store })
 * store.goDown()
 * await expectDenied(await call(mandate), 'revocation_unavailable')
 * store.recover()
 * await expectAdmitted(await call(mandate))
 * ```
 */
export function createTestStore(): TestStore {
  const marks = new InMemoryRevocationStore()
  const queries: RevocationQuery[] = []
  const byMarks = (query: RevocationQuery): RevocationState => marks.lookup(query)
  let behaviour: Behaviour = byMarks
  const behave = (next: Behaviour) => () => {
    behaviour = next
  }
  return {
    queries,
    lookup(query) {
      assertQuery(query)
      queries.push(Object.freeze({ anchors: Object.freeze([...query.anchors]), zoneId: query.zoneId }))
      // A test may give any answer: the guard is what must judge it.
      return behaviour(query) as RevocationState | Promise<RevocationState>
    },
    markRevoked: (...given) => marks.markRevoked(...given),
    markDelegationEpoch: (...given) => marks.markDelegationEpoch(...given),
    goDown: behave(() => {
      throw new RevocationUnavailableError('network')
    }),
    answerAfter(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0 || ms > MAX_TIME_MS) {
        const other = typeof ms === 'number' ? 'another number' : typeOf(ms)
        throw new TypeError(`answerAfter takes a whole number of milliseconds, 0 or more, not ${other}`)
      }
      behaviour = (query) =>
        new Promise((resolve) => {
          setTimeout(() => resolve(byMarks(query)), ms)
        })
    },
    fallSilent: behave(() => new Promise(() => {})),
    answerWith(answer) {
      behaviour = () => answer
    },
    revokeAll: behave((query) => ({ ...byMarks(query), revoked: true })),
    recover: behave(byMarks),
  }
}
