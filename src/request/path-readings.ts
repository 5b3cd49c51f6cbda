// Every way in which a router behind the guard could read a path.

import { MAX_ODD_PATH_LENGTH, MAX_PATH_READINGS } from '../limits.ts'

/** The path of a request's URL as it stands there: no parsing, no decoding. Begins with a slash in any case. */
export function pathOf(url: string): string {
  // A real Request has an absolute URL. For an object that stands in for one, anything else is taken as a path.
  let start = SCHEME.exec(url)?.[0].length ?? 0
  const isAbsolute = start > 0
  while (isAbsolute && start < url.length && !isAfterAuthority(url.charCodeAt(start))) start++
  let end = start
  while (end < url.length && !isAfterPath(url.charCodeAt(end))) end++
  const path = url.slice(start, end)
  return path.charCodeAt(0) === SLASH ? path : `/${path}`
}

const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i
const SPACE = 0x20
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
  // decodes every escape that can be decoded, once
  (path) => path.replace(ESCAPES, decodedBy(decodeURIComponent)),
  // decodes but keeps reserved characters escaped, as decodeURI does
  (path) => path.replace(ESCAPES, decodedBy(decodeURI)),
  // takes a backslash for a slash
  (path) => path.replaceAll('\\', '/'),
  // drops the parameters of each segment
  (path) => path.replace(/;[^/]*/g, ''),
  // parses again after decoding, or stops at a NUL
  (path) => path.replace(/[?#\0].*$/s, ''),
  // drops what a URL parser drops: line breaks and tabs, and blanks and control characters at the end
  (path) => path.slice(0, endOf(path)).replace(/[\t\n\r]/g, ''),
  // merges slashes
  (path) => path.replace(/\/{2,}/g, '/'),
  // takes escaped dots for a dot segment, and leaves other escapes as they are, as URL parsers do
  (path) => path.replace(DOT_SEGMENT, (dots) => dots.replace(/%2e/gi, '.')),
  // resolves dot segments
  resolveDots,
]

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=\/|$)/gi
/** One of an ASCII character, or all in a row that could make up others. What comes of it is not decoded again. */
const ESCAPES = /%[0-7][0-9a-f]|(?:%[89a-f][0-9a-f])+/gi

/**
 * Every text that some sequence of steps makes of the path, itself among them, or `undefined` where there are
 * too many to tell: the caller then has to assume the worst.
 */
export function readingsOf(path: string): readonly string[] | undefined {
  return ODD.test(path) ? closureOf([path]) : [path]
}

/** The same for a path and what a router has made of it, which may be anything. */
export function readingsOfBoth(path: string, routedPath: string): readonly string[] | undefined {
  return closureOf([path, routedPath.startsWith('/') ? routedPath : `/${routedPath}`])
}

function closureOf(paths: readonly string[]): readonly string[] | undefined {
  if (paths.some((path) => path.length > MAX_ODD_PATH_LENGTH)) return undefined
  const readings = new Set(paths)
  // A set hands out what is added during the loop as well: it ends when no step gives anything new.
  for (const reading of readings) {
    for (const step of STEPS) readings.add(step(reading))
    if (readings.size > MAX_PATH_READINGS) return undefined
  }
  return [...readings]
}

/** Where the blanks and control characters at the end begin. No regular expression: from each it would look anew. */
function endOf(path: string): number {
  let end = path.length
  while (end > 0 && path.charCodeAt(end - 1) <= SPACE) end--
  return end
}

/** Escapes that are no UTF-8 stay as they are, which is what routers do with them. */
function decodedBy(decode: (escapes: string) => string) {
  return (escapes: string) => {
    try {
      return decode(escapes)
    } catch {
      return escapes
    }
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
