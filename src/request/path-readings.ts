// Every way in which a router behind the guard could read a path.

import { MAX_ODD_PATH_LENGTH, MAX_PATH_READINGS } from '../limits.ts'

/** The path of a request's URL as it stands there: no parsing, no decoding. */
export function pathOf(url: string): string {
  // A URL of a real Request is absolute and normal. A bare path is taken as one, for objects that stand in for one.
  let start = url.charCodeAt(0) === SLASH ? 0 : url.indexOf('://') + 3
  while (start < url.length && !isAfterAuthority(url.charCodeAt(start))) start++
  let end = start
  while (end < url.length && !isAfterPath(url.charCodeAt(end))) end++
  return start === end ? '/' : url.slice(start, end)
}

const SLASH = 0x2f
const BACKSLASH = 0x5c
const QUESTION_MARK = 0x3f
const HASH = 0x23

function isAfterPath(code: number): boolean {
  return code === QUESTION_MARK || code === HASH
}

function isAfterAuthority(code: number): boolean {
  return code === SLASH || code === BACKSLASH || isAfterPath(code)
}

/** What makes a path readable in more than one way: escapes, parameters, backslashes, empty and dotted segments. */
const ODD = /[%;\\]|\/[/.]/

/** What some router does to a path before it matches it. Any of them may come first, and more than once. */
const STEPS: readonly ((path: string) => string)[] = [
  // decodes everything, as decodeURIComponent does
  (path) => path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decoded(escapes, decodeURIComponent)),
  // decodes but keeps reserved characters escaped, as decodeURI does
  (path) => path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decoded(escapes, decodeURI)),
  // takes a backslash for a slash
  (path) => path.replaceAll('\\', '/'),
  // drops the parameters of each segment
  (path) => path.replace(/;[^/]*/g, ''),
  // parses again after decoding, or stops at a NUL
  (path) => path.replace(/[?#\0].*$/s, ''),
  // merges slashes
  (path) => path.replace(/\/{2,}/g, '/'),
  // resolves dot segments
  resolveDots,
]

/**
 * Every text that some sequence of steps makes of the path, itself among them, or `undefined` where there are
 * too many to tell: the caller then has to assume the worst.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  if (!ODD.test(path)) return [path]
  if (path.length > MAX_ODD_PATH_LENGTH) return undefined
  const readings = new Set([path])
  // A set hands out what is added during the loop as well: it ends when no step gives anything new.
  for (const reading of readings) {
    for (const step of STEPS) readings.add(step(reading))
    if (readings.size > MAX_PATH_READINGS) return undefined
  }
  return [...readings]
}

/** Escapes that are no UTF-8 stay as they are, which is what routers do with them. */
function decoded(escapes: string, decode: (text: string) => string): string {
  try {
    return decode(escapes)
  } catch {
    return escapes
  }
}

function resolveDots(path: string): string {
  if (!path.includes('/.')) return path
  const resolved: string[] = []
  for (const segment of path.split('/').slice(1)) {
    if (segment === '..') resolved.pop()
    else if (segment !== '.') resolved.push(segment)
  }
  return `/${resolved.join('/')}`
}
