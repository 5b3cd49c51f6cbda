// Derived readings: other names that a router or framework has for the route of a path. They can only add rules.

import { MAX_PATH_READINGS, MAX_READING_CHARACTERS } from '../lib/limits.ts'
import { isObject } from '../lib/own-member.ts'
import { foldCase } from './other-spellings.ts'
import { fullReadings } from './path-readings.ts'

/** The parts of a request that are read. In Next.js, `nextUrl` is the URL without base path and locale. */
export interface RequestLike {
  readonly url: string
  readonly method?: unknown
  readonly nextUrl?: unknown
}

/** How the framework that called the guard read the path. */
export interface RoutedPath {
  /** The path as the framework matches it. Counts as a full reading. */
  readonly path: string
  /** The pattern under which the guard is mounted, such as `/api` or `/:tenant/api`; `/` for none. */
  readonly mountedAt: () => string
}

/** Whether a framework could have another name for the path. */
export function hasFrameworkNames(path: string, { nextUrl }: RequestLike, routed?: RoutedPath): boolean {
  return (
    nextUrl !== undefined ||
    path.includes('/_next/data/') ||
    path.includes('.segments/') ||
    (routed !== undefined && routed.mountedAt() !== '/')
  )
}

/**
 * The full readings, and the rest of each below a mount, a locale or Next's data route; with case folded.
 * `undefined` where the limits are exceeded.
 */
export function derivedNames(
  readings: readonly string[],
  request: RequestLike,
  routed: RoutedPath | undefined,
): readonly string[] | undefined {
  const next = nextUrlOf(request)
  const isRead = next === undefined || readings.includes(next.pathname)
  const ofNext = isRead ? [] : fullReadings([next.pathname])
  if (ofNext === undefined) return undefined
  const locale = next === undefined ? '' : foldCase(next.locale)
  const mountedAt = routed === undefined ? '/' : routed.mountedAt()
  const texts = new Set([...readings, ...ofNext])
  for (const reading of readings) for (const tail of belowMount(reading, mountedAt)) texts.add(tail)
  const names = new Set<string>()
  // The path itself may have any length.
  let characters = -(readings[0]?.length ?? 0)
  // A rest may contain another locale or data route. The loop also visits the texts that it adds.
  for (const text of texts) {
    characters += text.length
    if (texts.size > MAX_PATH_READINGS || characters > MAX_READING_CHARACTERS) return undefined
    const name = foldCase(text)
    names.add(name)
    const data = NEXT_DATA.exec(name)
    if (data !== null) addPages(name, data, texts)
    const segments = name.lastIndexOf(NEXT_SEGMENTS)
    if (segments !== -1) texts.add(name.slice(0, segments))
    if (locale !== '') addBelow(locale, name, texts)
  }
  return [...names]
}

/** Next serves the parts of a page at `<page>.segments/….segment.rsc`. */
const NEXT_SEGMENTS = '.SEGMENTS/'

/** Next serves a page's data at `/_next/data/<build id>/<page>.json`. */
const NEXT_DATA = /\/_NEXT\/DATA\/[^/]*\//

/**
 * Adds the page, with and without the base path in front. Next drops a leading `/index` of a page, and then a locale,
 * which `nextUrl` may not report. So the page is also added without its first segment, and without its first two.
 */
function addPages(name: string, data: RegExpExecArray, texts: Set<string>): void {
  const base = name.slice(0, data.index)
  const page = name.slice(data.index + data[0].length - 1)
  for (const text of [page, ...tailsOf(page, 2)]) texts.add(text).add(base + text)
}

/** Adds the rest after each segment that is the locale. Next puts it before the base path, behind it, or both. */
function addBelow(locale: string, name: string, texts: Set<string>): void {
  const segment = `/${locale}/`
  for (let at = name.indexOf(segment); at !== -1; at = name.indexOf(segment, at + 1)) {
    texts.add(name.slice(at + segment.length - 1))
    if (texts.size > MAX_PATH_READINGS) return
  }
}

/** The rests after every slash where the mount can end: a parameter may be optional or match several segments. */
function belowMount(reading: string, mountedAt: string): readonly string[] {
  const most = mountedAt.includes('{') ? MAX_PATH_READINGS : mountedAt.split('/').filter(Boolean).length
  return tailsOf(reading, most)
}

/** What is left of a path without its first segment, without its first two, and so on. */
function tailsOf(path: string, most: number): readonly string[] {
  const tails: string[] = []
  let at = 0
  while (tails.length < most) {
    at = path.indexOf('/', at + 1)
    if (at === -1) break
    tails.push(path.slice(at))
  }
  return tails
}

function nextUrlOf({
  nextUrl,
}: RequestLike): { readonly pathname: string; readonly locale: string } | undefined {
  if (!isObject(nextUrl)) return undefined
  const { pathname, locale } = nextUrl as { readonly [member: string]: unknown }
  if (typeof pathname !== 'string') return undefined
  return { pathname, locale: typeof locale === 'string' ? locale : '' }
}
