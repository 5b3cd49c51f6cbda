// Full readings: every text that a router behind the guard could make of a path by decoding, resolving and merging.

import { MAX_ODD_PATH_LENGTH, MAX_PATH_READINGS, MAX_READING_CHARACTERS } from '../lib/limits.ts'
import { decodePercent, decodePercentUnreserved } from './percent-encoding.ts'

/** Any character that routers may treat differently, and an empty segment or one that starts with a dot. */
const ODD = /[^\w\-.~!$&'()*+,=:@/]|\/[/.]/

/** Whether every router reads the path in the same way. */
export function isPlain(path: string): boolean {
  return !ODD.test(path)
}

/** What routers do to a path before they match it, in any order and any number of times. */
const REWRITES: readonly ((path: string) => string)[] = [
  decodePercent,
  decodePercentUnreserved,
  // reads a backslash as a slash
  (path) => path.replaceAll('\\', '/'),
  // drops the parameters of each segment
  (path) => path.replace(/;[^/]*/g, ''),
  // parses the URL again after decoding, or stops at a NUL
  (path) => path.replace(/[?#\0].*$/s, ''),
  // drops what a URL parser drops: line breaks and tabs, and trailing spaces and control characters
  (path) => path.slice(0, keptLength(path)).replace(/[\t\n\r]/g, ''),
  // merges slashes
  (path) => path.replace(/\/{2,}/g, '/'),
  // reads escaped dots as a dot segment but keeps other escapes, as URL parsers do
  (path) => path.replace(DOT_SEGMENT, (dots) => dots.replace(/%2e/gi, '.')),
  // resolves dot segments
  resolveDots,
]

const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=\/|$)/gi

/**
 * Every text that any sequence of steps makes of the paths, including the paths themselves. `undefined` where that
 * exceeds the limits: the caller must then assume every reading. The limit of characters also limits the time.
 */
export function fullReadings(paths: readonly string[]): readonly string[] | undefined {
  const readings = new Set(paths.map((path) => (path.startsWith('/') ? path : `/${path}`)))
  let characters = 0
  // The loop also visits what it adds to the set. It ends when no step gives anything new.
  for (const reading of readings) {
    if (isPlain(reading)) continue
    characters += reading.length
    if (reading.length > MAX_ODD_PATH_LENGTH || characters > MAX_READING_CHARACTERS) return undefined
    for (const rewrite of REWRITES) readings.add(rewrite(reading))
    if (readings.size > MAX_PATH_READINGS) return undefined
  }
  return [...readings]
}

const SPACE = 0x20

/** Where the trailing spaces and control characters begin. A regular expression would take quadratic time. */
function keptLength(path: string): number {
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
