// What every writable revocation store must do, as a list of checks for any test runner.

import { typeOf } from '../lib/type-of.ts'
import type { WritableRevocationStore } from '../revocation/store.ts'
import {
  expectEpoch,
  expectRefused,
  expectRevoked,
  expectState,
  expectUnrevoked,
  newId,
  until,
  wait,
} from './store-expectations.ts'

/** One check of {@link testRevocationStore}. */
export interface RevocationStoreCheck {
  /** What the store must do. It can name a test. */
  readonly title: string
  /** Rejects with an `Error` that says what the store did instead. */
  readonly check: () => Promise<void>
}

/**
 * The checks that every writable revocation store must pass, those of this package and your own. They need no test
 * runner, no network of their own and no empty store: every check uses new ids. All of them together take about three
 * seconds, because some wait for a mark to end; they need a real clock.
 *
 * For a store that your service only reads, add functions to it that write what other services would write.
 *
 * @param makeStore called once for each check
 * @example
 * ```ts
 * for (const { title, check } of testRevocationStore(() => new MyStore())) test(title, check)
 * ```
 */
export function testRevocationStore(
  makeStore: () => WritableRevocationStore | Promise<WritableRevocationStore>,
): readonly RevocationStoreCheck[] {
  if (typeof makeStore !== 'function') {
    throw new TypeError(`testRevocationStore takes a function that makes a store, not ${typeOf(makeStore)}`)
  }
  return Object.entries(CHECKS).map(([title, check]) => ({
    title,
    check: async () => check(await makeStore()),
  }))
}

/** @deprecated The older name of {@link testRevocationStore}. */
export const revocationStoreContract = testRevocationStore

const LONG_MS = 60_000
/** So short that a store which counts it in seconds remembers for longer than `until` waits. */
const SHORT_MS = 10
/** A store that cuts this down to whole seconds forgets too early. */
const PART_SECONDS_MS = 2_900
const SAFE = Number.MAX_SAFE_INTEGER

/** Ids that a store could confuse, escape wrongly or refuse. */
const ODD_IDS = [
  'with blank',
  'line\nbreak',
  '"quoted\\"',
  "o'clock;--",
  'füße-\u{1f98a}',
  '{a}*?[b]',
  'a/b?c#d%25',
]
const MEMBERS_OF_OBJECTS = ['__proto__', 'constructor', 'toString']

const WRONG_IDS = ['', undefined, null, 7, ['id'], 'half-\ud98c', 'eyJhbGciOiJFUzI1NiJ9.eyJzaWQiOiIxIn0.c2ln']
const WRONG_NUMBERS = [null, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '7']
const WRONG_TTLS = [...WRONG_NUMBERS, 0, 1_000n]
const WRONG_EPOCHS = [...WRONG_NUMBERS, undefined, -1n, SAFE + 1, true]

const CHECKS: { readonly [title: string]: (store: WritableRevocationStore) => Promise<void> } = {
  async 'answers with `revoked` and `delegationEpoch`, and nothing else'(store) {
    const [id, zone] = [newId(), newId()]
    await expectState(store, { anchors: [id], zoneId: zone }, { revoked: false, delegationEpoch: 0 })
    await store.markRevoked(id, LONG_MS)
    await store.markDelegationEpoch(zone, 7, LONG_MS)
    await expectState(store, { anchors: [id], zoneId: zone }, { revoked: true, delegationEpoch: 7 })
    await expectState(store, { anchors: [id], zoneId: undefined }, { revoked: true, delegationEpoch: 0 })
  },

  async 'knows nothing of ids and zones that were never marked'(store) {
    for (const id of [newId(), ...MEMBERS_OF_OBJECTS, ...ODD_IDS.map(newId)]) {
      await expectState(store, { anchors: [id], zoneId: id }, { revoked: false, delegationEpoch: 0 })
    }
  },

  async 'revokes exactly the id that was marked'(store) {
    const id = newId()
    await store.markRevoked(id, LONG_MS)
    await expectRevoked(store, id)
    const similar = [id.toUpperCase(), `${id} `, ` ${id}`, `${id}x`, id.slice(0, -1), `${id}\n`]
    for (const other of similar) await expectUnrevoked(store, other)
    await expectEpoch(store, id, 0)
  },

  async 'finds a revoked id wherever it stands among the four'(store) {
    const [id, ...others] = [newId(), newId(), newId(), newId()]
    await expectUnrevoked(store, id, ...others)
    await store.markRevoked(id, LONG_MS)
    for (const at of [0, 1, 2, 3]) await expectRevoked(store, ...others.toSpliced(at, 0, id))
  },

  async 'takes any text as an id'(store) {
    for (const id of [...ODD_IDS.map(newId), newId('x'.repeat(500))]) {
      await store.markRevoked(id, LONG_MS)
      await expectRevoked(store, id)
      await store.markDelegationEpoch(id, 7, LONG_MS)
      await expectEpoch(store, id, 7)
    }
  },

  async 'gives each of many look-ups at the same time its own answer'(store) {
    const marked = Array.from({ length: 20 }, (_, at) => ({ id: newId(), at }))
    await Promise.all(
      marked.map(async ({ id, at }) => {
        await store.markDelegationEpoch(id, at, LONG_MS)
        if (at % 2 === 0) await store.markRevoked(id, LONG_MS)
      }),
    )
    await Promise.all(
      marked.map(({ id, at }) =>
        expectState(store, { anchors: [id], zoneId: id }, { revoked: at % 2 === 0, delegationEpoch: at }),
      ),
    )
  },

  async 'only ever raises an epoch'(store) {
    const [zone, other] = [newId(), newId()]
    let highest = 0
    for (const epoch of [0, 7, 3, 0n, 9, 10, 9n, SAFE, 2n ** 53n, 11]) {
      await store.markDelegationEpoch(zone, epoch, LONG_MS)
      highest = Math.max(highest, epoch > SAFE ? Number.POSITIVE_INFINITY : Number(epoch))
      await expectEpoch(store, zone, highest)
    }
    await expectEpoch(store, other, 0)
    await expectUnrevoked(store, zone)
  },

  async 'keeps the highest of many epochs that are marked at the same time'(store) {
    const zone = newId()
    const epochs = Array.from({ length: 20 }, (_, at) => 1 + ((at * 7) % 20))
    await Promise.all(epochs.map((epoch) => store.markDelegationEpoch(zone, epoch, LONG_MS)))
    await expectEpoch(store, zone, 20)
  },

  async 'answers `Infinity` for an epoch of 2^53 or more'(store) {
    for (const epoch of [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n, 10n ** 30n]) {
      const zone = newId()
      await store.markDelegationEpoch(zone, epoch, LONG_MS)
      await expectEpoch(store, zone, Number.POSITIVE_INFINITY)
    }
  },

  async 'remembers for the whole time that was given'(store) {
    const id = newId()
    const markedAt = Date.now()
    await store.markRevoked(id, PART_SECONDS_MS)
    await store.markDelegationEpoch(id, 7, PART_SECONDS_MS)
    await wait(2_200)
    const expected = { revoked: true, delegationEpoch: 7 }
    await expectState(store, { anchors: [id], zoneId: id }, expected).catch((error: unknown) => {
      const isOver = Date.now() - markedAt >= PART_SECONDS_MS
      throw isOver ? new Error('The store is too slow for this check.') : error
    })
  },

  async 'forgets when that time is over'(store) {
    const id = newId()
    await store.markRevoked(id, SHORT_MS)
    await store.markDelegationEpoch(id, 7, SHORT_MS)
    await until(() =>
      expectState(store, { anchors: [id], zoneId: id }, { revoked: false, delegationEpoch: 0 }),
    )
    await store.markDelegationEpoch(id, 3, LONG_MS)
    await expectEpoch(store, id, 3)
  },

  async 'has a time of its own where none is given'(store) {
    const id = newId()
    await store.markRevoked(id)
    await store.markDelegationEpoch(id, 7)
    await wait(10 * SHORT_MS)
    await expectState(store, { anchors: [id], zoneId: id }, { revoked: true, delegationEpoch: 7 })
  },

  async 'never shortens the time of a mark, and lengthens it'(store) {
    const marks = [
      { first: LONG_MS, second: SHORT_MS, epoch: 7 },
      { first: LONG_MS, second: SHORT_MS, epoch: 8 },
      { first: LONG_MS, second: SHORT_MS, epoch: 3 },
      { first: SHORT_MS, second: LONG_MS, epoch: 7 },
    ].map((mark) => ({ ...mark, id: newId() }))
    for (const { id, first, second, epoch } of marks) {
      await store.markRevoked(id, first)
      await store.markRevoked(id, second)
      await store.markDelegationEpoch(id, 7, first)
      await store.markDelegationEpoch(id, epoch, second)
    }
    await wait(10 * SHORT_MS)
    for (const { id, epoch } of marks) {
      const expected = { revoked: true, delegationEpoch: Math.max(7, epoch) }
      await expectState(store, { anchors: [id], zoneId: id }, expected)
    }
  },

  async 'refuses a wrong id with a TypeError that names the argument'(store) {
    for (const wrong of WRONG_IDS) {
      await expectRefused(store, 'anchorId', 'markRevoked', [wrong, LONG_MS])
      await expectRefused(store, 'zoneId', 'markDelegationEpoch', [wrong, 7, LONG_MS])
    }
  },

  async 'refuses a wrong epoch in the same way, and marks nothing'(store) {
    const zone = newId()
    for (const wrong of WRONG_EPOCHS) {
      await expectRefused(store, 'epoch', 'markDelegationEpoch', [zone, wrong, LONG_MS])
    }
    await expectEpoch(store, zone, 0)
  },

  async 'refuses a wrong time in the same way, and marks nothing'(store) {
    const id = newId()
    for (const wrong of WRONG_TTLS) {
      await expectRefused(store, 'ttlMs', 'markRevoked', [id, wrong])
      await expectRefused(store, 'ttlMs', 'markDelegationEpoch', [id, 7, wrong])
    }
    await expectState(store, { anchors: [id], zoneId: id }, { revoked: false, delegationEpoch: 0 })
  },
}
