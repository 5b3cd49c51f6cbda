// Derived readings: other names by which a router or framework knows the route of a path. They only ever add rules.

import { MAX_PATH_READINGS, MAX_READING_CHARACTERS, MAX_SUFFIXES } from '../lib/limits.ts'
import { fullReadings } from './path-readings.ts'

/** What is read of a request. Next.js has `nextUrl`: the URL without base path and locale, as it routes by it. */
export interface RequestLike {
  readonly url: string
  readonly nextUrl?: unknown
}

/** How a framework in front of the guard read the path. */
export interface RoutedPath {
  /** The path as the framework matches it. A full reading. */
  readonly path: string
  /** The pattern of the place where the guard is mounted, such as `/api` or `/:tenant/api`; `/` for none. */
  readonly mountedAt: () => string
}

/** Folds the case of letters as routers do that match in any case, and a little more: only more can match. */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase()
}

/** Whether a framework could know the path by another name. */
export function hasFrameworkNames(path: string, { nextUrl }: RequestLike, routed?: RoutedPath): boolean {
  return (
    nextUrl !== undefined ||
    path.includes('/_next/data/') ||
    (routed !== undefined && routed.mountedAt() !== '/')
  )
}

/**
 * The full readings and what is left of each below a mount, a locale or Next's place for data; case folded.
 * `undefined` where that exceeds the budget.
 */
export function namesOf(
  readings: readonly string[],
  request: RequestLike,
  routed: RoutedPath | undefined,
): readonly string[] | undefined {
  const next = nextUrlOf(request)
  const ofNext = next === undefined ? [] : fullReadings([next.pathname])
  if (ofNext === undefined) return undefined
  const locale = next === undefined ? '' : foldCase(next.locale)
  const mountedAt = routed === undefined ? '/' : routed.mountedAt()
  const texts = new Set([...readings, ...ofNext])
  for (const reading of readings) for (const tail of belowMount(reading, mountedAt)) texts.add(tail)
  const names = new Set<string>()
  // The path itself may be of any length.
  let characters = -(readings[0]?.length ?? 0)
  // What is left may hold another locale or place for data: the loop sees what it adds.
  for (const text of texts) {
    characters += text.length
    if (texts.size > MAX_PATH_READINGS || characters > MAX_READING_CHARACTERS) return undefined
    const name = foldCase(text)
    names.add(name)
    const data = NEXT_DATA.exec(name)
    if (data !== null) addPages(name, data, texts)
    if (locale !== '') addBelow(locale, name, texts)
  }
  return [...names]
}

/** `/_next/data/<build id>/…`, in which Next serves the data of a page under the name of the page and `.json`. */
const NEXT_DATA = /\/_NEXT\/DATA\/[^/]*\//

/**
 * Adds the page with and without what stands before, which is the base path. The first segment of the page may be a
 * locale that `nextUrl` does not tell.
 */
function addPages(name: string, data: RegExpExecArray, texts: Set<string>): void {
  const base = name.slice(0, data.index)
  const page = name.slice(data.index + data[0].length - 1)
  const second = page.indexOf('/', 1)
  for (const text of second === -1 ? [page] : [page, page.slice(second)]) texts.add(text).add(base + text)
}

/** Adds what follows any segment that is the locale: Next puts it before the base path, behind it, or both. */
function addBelow(locale: string, name: string, texts: Set<string>): void {
  const segment = `/${locale}/`
  for (let at = name.indexOf(segment); at !== -1; at = name.indexOf(segment, at + 1)) {
    texts.add(name.slice(at + segment.length - 1))
    if (texts.size > MAX_PATH_READINGS) return
  }
}

/** A parameter may be optional, or match several segments: every place that the mount can end at counts. */
function belowMount(reading: string, mountedAt: string): readonly string[] {
  const most = mountedAt.includes('{') ? MAX_PATH_READINGS : mountedAt.split('/').filter(Boolean).length
  const tails: string[] = []
  let at = 0
  while (tails.length < most) {
    at = reading.indexOf('/', at + 1)
    if (at === -1) break
    tails.push(reading.slice(at))
  }
  return tails
}

function nextUrlOf({
  nextUrl,
}: RequestLike): { readonly pathname: string; readonly locale: string } | undefined {
  if (typeof nextUrl !== 'object' || nextUrl === null) return undefined
  const { pathname, locale } = nextUrl as { readonly [member: string]: unknown }
  if (typeof pathname !== 'string') return undefined
  return { pathname, locale: typeof locale === 'string' ? locale : '' }
}

const SLASH = 0x2f

/** The last segment's bounds. Slashes at the end of the path do not count. */
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
 * The name without each suffix of its last segment (`/A.TAR.GZ` has `/A.TAR` and `/A`), or `undefined` for too many.
 * Where the suffix is all of that segment, the one before becomes the last: `/A.DATA/.DATA` has `/A`, too.
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
 * path is at `/`, where the rule of `/health` no longer holds. Any segment counts, since what follows may go as well.
 */
export function hidesDotSegment(path: string): boolean {
  return path.includes('/...')
}
