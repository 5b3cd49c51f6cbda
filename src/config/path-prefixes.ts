// The path prefixes of `routes` and `exclude`: what may be written, and which of them contradict each other.

import { typeOf } from './checks.ts'

/** A prefix as whole segments, as it reads and as a URL spells it. */
export interface PathPrefix {
  readonly segments: readonly string[]
  readonly encoded: readonly string[]
}

/** Reads a prefix as written in the options, or says what is wrong with it. */
export function parsePathPrefix(prefix: unknown): PathPrefix | string {
  if (typeof prefix !== 'string') return `must be a string, not ${typeOf(prefix)}`
  if (!prefix.startsWith('/')) return 'must begin with "/"'
  if (prefix.includes('*')) return 'must not hold "*": it stands for everything below it already'
  if (/[?#\\;]/.test(prefix)) return 'must be a plain path, without "?", "#", ";" or "\\"'
  if (/\/(:|\[|\{)/.test(prefix))
    return 'must be a plain path: a parameter such as ":id" would be taken literally'
  const decoded = decode(prefix)
  const segments = segmentsOf(decoded)
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return 'must not hold "." or ".." segments'
  const encoded = new URL(`http://host${decoded}`).pathname
  if (decoded.includes('%') || (prefix !== decoded && prefix !== encoded) || decode(encoded) !== decoded) {
    return 'must be written as it reads, without percent-encoding, blanks at its end or control characters'
  }
  return { segments, encoded: segmentsOf(encoded) }
}

/** Whether everything below `inner` lies below `outer` too. */
export function covers(outer: PathPrefix, inner: PathPrefix): boolean {
  return outer.segments.every((segment, index) => segment === inner.segments[index])
}

/** Whether both stand for the same paths. */
export function same(one: PathPrefix, other: PathPrefix): boolean {
  return covers(one, other) && covers(other, one)
}

/** Trailing and doubled slashes mean nothing in a prefix. */
function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** Malformed encoding stays as it is, and is refused for the percent sign that is left. */
function decode(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
