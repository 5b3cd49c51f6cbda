// Full readings: every text that a router behind the guard could make of a path by decoding, resolving and merging.

import { MAX_ODD_PATH_LENGTH, MAX_PATH_READINGS, MAX_READING_CHARACTERS } from '../lib/limits.ts'
import { decodePercent, decodePercentUnreserved } from './percent-encoding.ts'

/** Any other character than these, and an empty or dotted segment. */
const ODD = /[^\w\-.~!$&'()*+,=:@/]|\/[/.]/

/** Whether a path has one reading in every router. */
export function isPlain(path: string): boolean {
  return !ODD.test(path)
}

/** What some router does to a path before it matches it. Any of them may come first, and more than once. */
const STEPS: readonly ((path: string) => string)[] = [
  decodePercent,
  decodePercentUnreserved,
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

/**
 * Every text that some sequence of steps makes of the paths, themselves among them, or `undefined` where that
 * exceeds the budget: the caller then has to assume the worst. The work is proportional to the budget of characters.
 */
export function fullReadings(paths: readonly string[]): readonly string[] | undefined {
  const readings = new Set(paths.map((path) => (path.startsWith('/') ? path : `/${path}`)))
  let characters = 0
  // A set hands out what is added during the loop as well: it ends when no step gives anything new.
  for (const reading of readings) {
    if (isPlain(reading)) continue
    characters += reading.length
    if (reading.length > MAX_ODD_PATH_LENGTH || characters > MAX_READING_CHARACTERS) return undefined
    for (const step of STEPS) readings.add(step(reading))
    if (readings.size > MAX_PATH_READINGS) return undefined
  }
  return [...readings]
}

const SPACE = 0x20

/** Where the blanks and control characters at the end begin. No regular expression: from each it would look anew. */
function endOf(path: string): number {
  let end = path.length
  while (end > 0 && path.charCodeAt(end - 1) <= SPACE) end--
  return end
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
