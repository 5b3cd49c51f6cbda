// The ids of stream messages: two numbers of 64 bits.

import { refuse } from './replies.ts'

export interface StreamId {
  readonly ms: bigint
  readonly count: bigint
}

const LARGEST = 2n ** 64n - 1n
export const FIRST: StreamId = { ms: 0n, count: 0n }

export function idText({ ms, count }: StreamId): string {
  return `${ms}-${count}`
}

/** Negative if the first is smaller. */
export function compareIds(one: StreamId, other: StreamId): number {
  if (one.ms !== other.ms) return one.ms < other.ms ? -1 : 1
  return one.count === other.count ? 0 : one.count < other.count ? -1 : 1
}

/** @param count what the second number is where the text has none */
export function parseId(text: string, count = 0n): StreamId {
  const found = /^(\d{1,20})(?:-(\d{1,20}))?$/.exec(text)
  const id = { ms: BigInt(found?.[1] ?? -1), count: found?.[2] === undefined ? count : BigInt(found[2]) }
  if (id.ms < 0n || id.ms > LARGEST || id.count > LARGEST) {
    return refuse('ERR Invalid stream ID specified as stream command argument')
  }
  return id
}

/** Whether ids are at or beyond the end of a range: `-`, `+`, an id, or `(` and an id that is itself outside. */
export function lowerBound(text: string): (id: StreamId) => boolean {
  if (text === '-') return () => true
  const bound = parseId(text.replace(/^\(/, ''))
  return text.startsWith('(') ? (id) => compareIds(id, bound) > 0 : (id) => compareIds(id, bound) >= 0
}

export function upperBound(text: string): (id: StreamId) => boolean {
  if (text === '+') return () => true
  const bound = parseId(text.replace(/^\(/, ''), LARGEST)
  return text.startsWith('(') ? (id) => compareIds(id, bound) < 0 : (id) => compareIds(id, bound) <= 0
}

/** The smallest id after this one. */
export function nextId({ ms, count }: StreamId): StreamId {
  if (count < LARGEST) return { ms, count: count + 1n }
  return ms < LARGEST
    ? { ms: ms + 1n, count: 0n }
    : refuse('ERR The stream has exhausted the last possible ID, unable to add more items')
}
