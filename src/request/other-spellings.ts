// Spellings that some routers take for the same path: another case, and the last segment without its suffix.

import { MAX_SUFFIXES } from '../lib/limits.ts'

/** Folds case as case-insensitive routers do. Texts that any of them takes for equal become equal. */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase()
}

const SLASH = 0x2f

/** Where the last segment starts and ends. Trailing slashes do not count. */
function lastSegment(path: string): { readonly start: number; readonly end: number } {
  let end = path.length
  while (end > 1 && path.charCodeAt(end - 1) === SLASH) end--
  return { start: path.lastIndexOf('/', end - 1) + 1, end }
}

export function hasSuffix(path: string): boolean {
  const { start } = lastSegment(path)
  return path.includes('.', start)
}

/**
 * The name without each suffix of its last segment (`/A.TAR.GZ` gives `/A.TAR` and `/A`), or `undefined` for too many.
 * If the suffix is the whole segment, the segment before it becomes the last: `/A.DATA/.DATA` also gives `/A`.
 */
export function withoutSuffixes(name: string): readonly string[] | undefined {
  const stems: string[] = []
  let { start, end } = lastSegment(name)
  for (let dot = name.lastIndexOf('.', end - 1); dot >= start; dot = name.lastIndexOf('.', end - 1)) {
    const stem = name.slice(0, dot)
    stems.push(stem)
    if (stems.length > MAX_SUFFIXES) return undefined
    end = dot
    if (dot === start) ({ start, end } = lastSegment(stem))
  }
  return stems
}

/**
 * Whether a suffix hides a dot segment, as in `/health/...data`: a router that drops `.data` and then resolves the
 * path gets `/`, where the rule of `/health` does not apply. Any segment counts, since later ones may be dropped too.
 */
export function hidesDotSegment(path: string): boolean {
  return path.includes('/...')
}
