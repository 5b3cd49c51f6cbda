// The path of a request's URL, for URLs that every reader takes apart in the same way.

import { MAX_ORIGIN_LENGTH } from '../lib/limits.ts'
import { decodePercent } from './percent-encoding.ts'

const SLASH = 0x2f

/** The last origin that was found sane, such as `https://api.example`. A service has few, and most requests the same. */
let knownOrigin: string | undefined

/** A URL's origin and path as they stand there. */
export interface UrlPath {
  readonly origin: string
  readonly path: string
}

/**
 * Takes a URL apart without changing it, or gives `undefined` where its readers could disagree on where the path
 * begins. Some runtimes build `request.url` out of a `Host` header that nobody checked, such as `/health`, `x?` or `@`.
 */
export function urlPath(url: string): UrlPath | undefined {
  const origin = originOf(url)
  if (origin === undefined) return undefined
  const beforeQuery = upTo('?', upTo('#', url))
  return { origin, path: beforeQuery.slice(origin.length) }
}

/**
 * Whether a URL parser leaves the path as it is. It may encode characters, which changes no segment; it must not
 * resolve dots, turn backslashes or drop anything, since a router that reads the text itself would not.
 */
export function staysAsItIs({ origin, path }: UrlPath): boolean {
  return decodePercent(new URL(origin + path).pathname) === decodePercent(path)
}

function originOf(url: string): string | undefined {
  const known = knownOrigin
  if (known !== undefined && url.charCodeAt(known.length) === SLASH && url.startsWith(known)) return known
  const origin = ORIGIN.exec(url)?.[0]
  if (origin === undefined || origin.length > MAX_ORIGIN_LENGTH || !isNormal(origin.toLowerCase())) {
    return undefined
  }
  knownOrigin = origin
  return origin
}

/** A scheme and a non-empty authority of printable ASCII without a user name, up to the slash where the path begins. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[!"$-.0->A-[\]-~]+(?=\/)/i

const DEFAULT_PORT = /(?<=^http:.*):80$|(?<=^https:.*):443$/

/** Whether a URL parser would write the origin in the same way: no other spelling of a host, port or scheme. */
function isNormal(origin: string): boolean {
  const root = `${origin}/`
  return URL.canParse(root) && new URL(root).href === `${origin.replace(DEFAULT_PORT, '')}/`
}

function upTo(character: string, text: string): string {
  const at = text.indexOf(character)
  return at === -1 ? text : text.slice(0, at)
}
