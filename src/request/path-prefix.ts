// The path prefixes of `routes` and `exclude`: which are valid, and which contradict each other.

import { failure, type Result, success } from '../lib/result.ts'
import { foldCase, withoutSuffixes } from './derived-readings.ts'

/** A prefix as whole segments: in plain text, and percent-encoded as in a URL. */
export interface PathPrefix {
  readonly segments: readonly string[]
  readonly encoded: readonly string[]
}

/** Parses a prefix as written in the options, or says what is wrong with it. */
export function parsePathPrefix(prefix: string): Result<PathPrefix, string> {
  if (!prefix.startsWith('/')) return failure('must begin with "/"')
  if (prefix.includes('*'))
    return failure('must not contain "*": a prefix covers everything below it already')
  if (/[?#\\;]/.test(prefix)) return failure('must be a plain path, without "?", "#", ";" or "\\"')
  const pattern = PATTERN.exec(prefix)?.[0].replaceAll('/', '')
  if (pattern !== undefined) return failure(notAPattern(pattern))
  const literal = prefix.replace(LITERAL, (escaped) => decodeURIComponent(escaped))
  const decoded = decode(literal)
  const segments = segmentsOf(decoded)
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return failure('must not contain "." or ".." segments')
  const encoded = new URL(`http://host${decoded}`).pathname
  if (decoded.includes('%') || (literal !== decoded && literal !== encoded) || decode(encoded) !== decoded) {
    return failure(
      'must be written in plain text, without percent-encoding, trailing spaces or control characters',
    )
  }
  return success({ segments, encoded: segmentsOf(encoded) })
}

/** How routers write parameters, groups and regular expressions: `:id`, `$id`, `[id]`, `{n}`, `<id>`, `(x)`, `.+`. */
const PATTERN = /[:()[\]{}<>]|\.\+|\/\$|\$(?=\/|$)/

/** The same characters, escaped, for paths that really contain them. */
const LITERAL = /%(?:24|28|29|2B|3A|3C|3E|5B|5D|7B|7D)/gi

function notAPattern(pattern: string): string {
  const character = pattern.slice(-1)
  const escaped = `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  return `must be a plain path, and "${pattern}" belongs to a pattern: a prefix is compared as plain text and covers the path itself and everything below it, so end it before the variable part; write a literal "${character}" as ${escaped}`
}

/** Whether everything below `inner` is also below `outer`. */
export function covers(outer: PathPrefix, inner: PathPrefix): boolean {
  return outer.segments.every((segment, index) => segment === inner.segments[index])
}

/** Whether both cover the same paths. */
export function same(one: PathPrefix, other: PathPrefix): boolean {
  return covers(one, other) && covers(other, one)
}

/** Whether a router could confuse the two: they differ in case or in a suffix only. */
export function isOtherNameOf(one: PathPrefix, other: PathPrefix): boolean {
  const name = foldedName(one)
  return [name, ...(withoutSuffixes(name) ?? [])].some(
    (text) => `/${segmentsOf(text).join('/')}` === foldedName(other),
  )
}

function foldedName({ segments }: PathPrefix): string {
  return foldCase(`/${segments.join('/')}`)
}

/** Trailing and repeated slashes are ignored in a prefix. */
function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}

/** Malformed encoding is left as it is. The prefix is then refused, because it contains a percent sign. */
function decode(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
