// What the checks of the store contract ask of a store, and how they say that it did something else.

import { isObject, ownMember } from '../lib/own-member.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from '../revocation/store.ts'

/** An id that no check has used before. */
export function newId(name = 'id'): string {
  return `${name}-${crypto.randomUUID()}`
}

export async function expectState(
  store: WritableRevocationStore,
  query: RevocationQuery,
  { revoked, delegationEpoch }: RevocationState,
): Promise<void> {
  const answer: unknown = await store.lookup(query)
  const isAsExpected =
    isObject(answer) &&
    Object.keys(answer).length === 2 &&
    ownMember(answer, 'revoked') === revoked &&
    ownMember(answer, 'delegationEpoch') === delegationEpoch
  if (isAsExpected) return
  const expected = described({ revoked, delegationEpoch })
  throw new Error(`lookup(${described(query)}) must give ${expected}, but it gave ${described(answer)}`)
}

export function expectRevoked(store: WritableRevocationStore, ...anchors: readonly string[]): Promise<void> {
  return expectState(store, { anchors, zoneId: undefined }, { revoked: true, delegationEpoch: 0 })
}

export function expectUnrevoked(
  store: WritableRevocationStore,
  ...anchors: readonly string[]
): Promise<void> {
  return expectState(store, { anchors, zoneId: undefined }, { revoked: false, delegationEpoch: 0 })
}

export function expectEpoch(
  store: WritableRevocationStore,
  zoneId: string,
  delegationEpoch: number,
): Promise<void> {
  return expectState(store, { anchors: [newId()], zoneId }, { revoked: false, delegationEpoch })
}

/** The arguments are such as only JavaScript can give. */
export async function expectRefused(
  store: WritableRevocationStore,
  argument: string,
  method: 'markRevoked' | 'markDelegationEpoch',
  args: readonly unknown[],
): Promise<void> {
  let outcome = 'accepted it'
  try {
    await Reflect.apply(store[method], store, args)
  } catch (error) {
    if (error instanceof TypeError && error.message.includes(argument)) return
    outcome = `failed with ${String(error)}`
  }
  const wrong = args.map(described).join(', ')
  throw new Error(
    `${method}(${wrong}) must be refused with a TypeError that names ${argument}, but it ${outcome}`,
  )
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Tries for about three seconds. Counts its tries, so that it ends whatever the clock says. */
export async function until(expectation: () => Promise<void>): Promise<void> {
  for (let tries = 1; tries < 60; tries++) {
    const isMet = await expectation().then(
      () => true,
      () => false,
    )
    if (isMet) return
    await wait(50)
  }
  await expectation()
}

/** As JSON, and what JSON cannot say as a text. */
function described(value: unknown): string {
  const json = JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'bigint' || (typeof member === 'number' && !Number.isFinite(member))
      ? String(member)
      : member,
  )
  return json ?? String(value)
}
