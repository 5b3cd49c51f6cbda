// The path prefixes of `routes` and `exclude`: how they are written, and by which names they are compared.

import { failure, type Result, success } from '../lib/result.ts'
import { foldCase, withoutSuffixes } from './other-spellings.ts'

/** A prefix as whole segments: in plain text, and percent-encoded as in a URL. */
export interface PathPrefix {
  readonly segments: readonly string[]
  readonly encoded: readonly string[]
}

/** Parses a prefix as written in the options, or says what is wrong with it. */
export function parsePathPrefix(text: string): Result<PathPrefix, string> {
  return parsePath(text, segmentsOf)
}

/** The same for the path itself, without what lies below. A slash at its end counts. */
export function parseExactPath(text: string): Result<PathPrefix, string> {
  if (text.includes('//')) return failure('must not contain empty segments')
  return parsePath(text, (path) => path.slice(1).split('/'))
}

function parsePath(path: string, split: (path: string) => readonly string[]): Result<PathPrefix, string> {
  if (path.includes('*')) return failure('must not contain "*": a prefix covers everything below it already')
  if (/[?#\\;]/.test(path)) return failure('must be a plain path, without "?", "#", ";" or "\\"')
  const pattern = PATTERN.exec(path)?.[0].replaceAll('/', '')
  if (pattern !== undefined) return failure(notAPattern(pattern))
  const literal = path.replace(LITERAL, (escaped) => decodeURIComponent(escaped))
  const decoded = decode(literal)
  const segments = split(decoded)
  if (segments.some((segment) => segment === '.' || segment === '..'))
    return failure('must not contain "." or ".." segments')
  const encoded = new URL(`http://host${decoded}`).pathname
  if (decoded.includes('%') || (literal !== decoded && literal !== encoded) || decode(encoded) !== decoded) {
    return failure(
      'must be written in plain text, without percent-encoding, trailing spaces or control characters',
    )
  }
  return success({ segments, encoded: split(encoded) })
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

/** The prefix as a text without a slash at either end. */
export function pathOf({ segments }: PathPrefix): string {
  return segments.join('/')
}

/** The prefix and every prefix of it, the longest first, as texts without a slash at either end. */
export function prefixesOf({ segments }: PathPrefix): readonly string[] {
  const { length } = segments
  return Array.from({ length: length + 1 }, (_, dropped) => segments.slice(0, length - dropped).join('/'))
}

/** The names that case-insensitive routers, and those that drop suffixes, have for the prefix. */
export function otherNamesOf(prefix: PathPrefix): readonly string[] {
  const name = foldedName(prefix)
  return [name, ...(withoutSuffixes(name) ?? []).map((stem) => `/${segmentsOf(stem).join('/')}`)]
}

/** A slash at the end does not count. */
export function foldedName({ segments }: PathPrefix): string {
  return foldCase(`/${segments.filter(Boolean).join('/')}`)
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
