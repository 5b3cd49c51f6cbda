// The contract that every store must pass: the in-memory store passes, and for each flaw of a store some check
// fails.
// @module-tag slow

import { InMemoryRevocationStore, type RevocationQuery, type WritableRevocationStore } from 'caracal-edge'
import { testRevocationStore } from 'caracal-edge/testing'
import { describe, expect, it, test } from 'vitest'

describe('the in-memory store', () => {
  it.concurrent.each(testRevocationStore(() => new InMemoryRevocationStore()))('$title', ({ check }) =>
    check(),
  )
})

/** A correct store with some of its methods replaced. */
function flawed(flaw: (store: InMemoryRevocationStore) => object): WritableRevocationStore {
  const store = new InMemoryRevocationStore()
  const sound: WritableRevocationStore = {
    lookup: (query) => store.lookup(query),
    markRevoked: (...args) => store.markRevoked(...args),
    markDelegationEpoch: (...args) => store.markDelegationEpoch(...args),
  }
  return { ...sound, ...flaw(store) }
}

/** A flaw in the answers of lookups. */
const answering = (change: (answer: ReturnType<InMemoryRevocationStore['lookup']>) => unknown) =>
  flawed((store) => ({ lookup: (query: RevocationQuery) => change(store.lookup(query)) }))

/** A flaw in which ids are looked up and marked. */
const naming = (rename: (id: string) => string) =>
  flawed((store) => ({
    lookup: ({ anchors, zoneId }: RevocationQuery) =>
      store.lookup({ anchors: anchors.map(rename), zoneId: zoneId && rename(zoneId) }),
    markRevoked: (id: string, ttlMs?: number) =>
      store.markRevoked(typeof id === 'string' ? rename(id) : id, ttlMs),
    markDelegationEpoch: (zone: string, epoch: number, ttlMs?: number) =>
      store.markDelegationEpoch(typeof zone === 'string' ? rename(zone) : zone, epoch, ttlMs),
  }))

/** A flaw in how long marks are remembered. */
const lasting = (change: (ttlMs: number | undefined) => number | undefined) => {
  const changed = (ttlMs: unknown) => (ttlMs === undefined || isTime(ttlMs) ? change(ttlMs) : ttlMs)
  return flawed((store) => ({
    markRevoked: (id: string, ttlMs?: number) => store.markRevoked(id, changed(ttlMs) as number),
    markDelegationEpoch: (zone: string, epoch: number, ttlMs?: number) =>
      store.markDelegationEpoch(zone, epoch, changed(ttlMs) as number),
  }))
}

const isTime = (ttlMs: unknown): ttlMs is number => Number.isSafeInteger(ttlMs) && Number(ttlMs) > 0

/** A flaw in which of the stored and the given epoch is kept. */
const overwriting = (choose: (stored: number, given: number) => number) => {
  const epochs = new Map<string, number>()
  return flawed((store) => ({
    lookup: ({ anchors, zoneId = '' }: RevocationQuery) => ({
      revoked: store.lookup({ anchors, zoneId }).revoked,
      delegationEpoch: epochs.get(zoneId) ?? 0,
    }),
    markDelegationEpoch: async (zone: string, epoch: number | bigint, ttlMs?: number) => {
      await new InMemoryRevocationStore().markDelegationEpoch(zone, epoch, ttlMs)
      const given = epoch > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Number(epoch)
      epochs.set(zone, choose(epochs.get(zone) ?? 0, given))
    },
  }))
}

/** A flaw in the checks of arguments: `silence` says which wrong ones are accepted. */
const accepting = (silence: (error: unknown) => boolean) =>
  flawed((store) => {
    const silently = async (marking: Promise<void>) =>
      marking.catch((error: unknown) => {
        if (!silence(error)) throw error
      })
    return {
      markRevoked: (id: string, ttlMs?: number) => silently(store.markRevoked(id, ttlMs)),
      markDelegationEpoch: (zone: string, epoch: number, ttlMs?: number) =>
        silently(store.markDelegationEpoch(zone, epoch, ttlMs)),
    }
  })

const FLAWS: readonly { flaw: string; make: () => WritableRevocationStore; found: string }[] = [
  {
    flaw: 'leaves out the epoch',
    make: () => answering(({ revoked }) => ({ revoked })),
    found: 'answers with',
  },
  {
    flaw: 'answers more',
    make: () => answering((answer) => ({ ...answer, since: 1 })),
    found: 'answers with',
  },
  {
    flaw: 'answers by inheritance',
    make: () => answering((answer) => Object.create(answer)),
    found: 'answers with',
  },
  {
    flaw: 'answers with a text',
    make: () =>
      answering(({ revoked, delegationEpoch }) => ({ revoked, delegationEpoch: `${delegationEpoch}` })),
    found: 'answers with',
  },
  {
    flaw: 'gives an epoch where none was asked for',
    make: () => {
      let last = ''
      return flawed((store) => ({
        lookup: ({ anchors, zoneId }: RevocationQuery) => {
          last = zoneId ?? last
          return store.lookup({ anchors, zoneId: last })
        },
      }))
    },
    found: 'answers with',
  },
  {
    flaw: 'keeps its marks in an object',
    make: () => {
      const marks: Record<string, number> = {}
      return flawed((store) => ({
        lookup: (query: RevocationQuery) => {
          const { revoked, delegationEpoch } = store.lookup(query)
          return { revoked: revoked || query.anchors.some((id) => marks[id] !== undefined), delegationEpoch }
        },
      }))
    },
    found: 'knows nothing',
  },
  {
    flaw: 'forgets every mark',
    make: () => flawed(() => ({ markRevoked: async () => {} })),
    found: 'revokes exactly',
  },
  { flaw: 'folds case', make: () => naming((id) => id.toLowerCase()), found: 'revokes exactly' },
  { flaw: 'trims', make: () => naming((id) => id.trim()), found: 'revokes exactly' },
  { flaw: 'cuts ids', make: () => naming((id) => id.slice(0, 39)), found: 'revokes exactly' },
  {
    flaw: 'looks at the first id alone',
    make: () =>
      flawed((store) => ({
        lookup: ({ anchors, zoneId }: RevocationQuery) =>
          store.lookup({ anchors: anchors.slice(0, 1), zoneId }),
      })),
    found: 'finds a revoked id',
  },
  {
    flaw: 'breaks on quotes',
    make: () =>
      naming((id) => {
        if (id.includes('"')) throw new Error('syntax error')
        return id
      }),
    found: 'takes any text',
  },
  {
    flaw: 'answers all that ask together as it answers the last one',
    make: () => {
      let latest: RevocationQuery
      return flawed((store) => ({
        lookup: async (query: RevocationQuery) => {
          latest = query
          await new Promise((resolve) => setTimeout(resolve, 1))
          return store.lookup(latest)
        },
      }))
    },
    found: 'gives each',
  },
  { flaw: 'takes the newest epoch', make: () => overwriting((_, given) => given), found: 'only ever raises' },
  {
    flaw: 'compares epochs as texts',
    make: () => overwriting((stored, given) => (`${stored}` > `${given}` ? stored : given)),
    found: 'only ever raises',
  },
  {
    flaw: 'reads and then writes',
    make: () => {
      const later = overwriting((_, given) => given)
      return {
        ...later,
        async markDelegationEpoch(zone: string, epoch: number | bigint, ttlMs?: number) {
          const { delegationEpoch } = await later.lookup({ anchors: [], zoneId: zone })
          await new Promise((resolve) => setTimeout(resolve, 1))
          if (!(epoch <= delegationEpoch)) await later.markDelegationEpoch(zone, epoch, ttlMs)
        },
      }
    },
    found: 'keeps the highest',
  },
  {
    flaw: 'takes 2^53 for a number',
    make: () =>
      answering(({ revoked, delegationEpoch }) => ({
        revoked,
        delegationEpoch: Math.min(delegationEpoch, Number.MAX_SAFE_INTEGER),
      })),
    found: 'answers `Infinity`',
  },
  {
    flaw: 'cuts times down to whole seconds',
    make: () => lasting((ttlMs) => ttlMs && Math.max(1, Math.floor(ttlMs / 1_000) * 1_000)),
    found: 'remembers for the whole time',
  },
  {
    flaw: 'takes times for seconds',
    make: () => lasting((ttlMs) => ttlMs && ttlMs * 1_000),
    found: 'forgets',
  },
  {
    flaw: 'forgets what has no time',
    make: () => lasting((ttlMs) => ttlMs ?? 1),
    found: 'has a time of its own',
  },
  {
    flaw: 'takes the time of the last mark',
    make: () => {
      const ends = new Map<string, number>()
      return flawed((store) => ({
        lookup: ({ anchors, zoneId }: RevocationQuery) =>
          store.lookup({ anchors: anchors.filter((id) => (ends.get(id) ?? 0) > Date.now()), zoneId }),
        markRevoked: async (id: string, ttlMs: number = 60_000) => {
          await store.markRevoked(id, ttlMs)
          ends.set(id, Date.now() + ttlMs)
        },
      }))
    },
    found: 'never shortens',
  },
  {
    flaw: 'takes the time of the first mark',
    make: () => {
      const known = new Map<string, number>()
      return flawed((store) => ({
        markRevoked: async (id: string, ttlMs?: number) => {
          if ((known.get(id) ?? 0) < Date.now()) await store.markRevoked(id, ttlMs)
          known.set(id, Date.now() + (ttlMs ?? 0))
        },
      }))
    },
    found: 'never shortens',
  },
  {
    flaw: 'accepts wrong ids',
    make: () => accepting((error) => /^(anchorId|zoneId)/.test(`${error}`.replace('TypeError: ', ''))),
    found: 'refuses a wrong id',
  },
  {
    flaw: 'accepts wrong epochs',
    make: () => accepting((error) => `${error}`.includes('epoch ')),
    found: 'refuses a wrong epoch',
  },
  {
    flaw: 'accepts wrong times',
    make: () => accepting((error) => `${error}`.includes('ttlMs ')),
    found: 'refuses a wrong time',
  },
]

describe('a store that', () => {
  it.concurrent.each(FLAWS)('$flaw does not pass', async ({ make, found }) => {
    const [check] = testRevocationStore(make).filter(({ title }) => title.startsWith(found))
    await expect(check?.check()).rejects.toThrow()
  })
})

test('every check finds one of these flaws', () => {
  const titles = testRevocationStore(() => new InMemoryRevocationStore()).map(({ title }) => title)
  expect(titles.filter((title) => !FLAWS.some(({ found }) => title.startsWith(found)))).toEqual([])
})

test('the error says what the store did wrong, and what it was asked', async () => {
  const store = answering(({ revoked, delegationEpoch }) => ({
    revoked,
    delegationEpoch: `${delegationEpoch}`,
  }))
  const [first] = testRevocationStore(() => store)
  await expect(first?.check()).rejects.toThrow(
    /^lookup\(\{"anchors":\["id-[^"]+"\],"zoneId":"id-[^"]+"\}\) must give \{"revoked":false,"delegationEpoch":0\}, but it gave \{"revoked":false,"delegationEpoch":"0"\}$/,
  )
  const [last] = testRevocationStore(() => accepting(() => true)).slice(-1)
  await expect(last?.check()).rejects.toThrow('markRevoked("id-')
  await expect(last?.check()).rejects.toThrow(
    'must be refused with a TypeError that names ttlMs, but it accepted it',
  )
})

test('each check gets a new store, which can be a promise', async () => {
  let made = 0
  const checks = testRevocationStore(async () => {
    made += 1
    return new InMemoryRevocationStore()
  })
  expect(made).toBe(0)
  await checks[0]?.check()
  await checks[1]?.check()
  expect(made).toBe(2)
})
