// The path of a request's URL, for URLs that every parser splits in the same way.

import { MAX_ORIGIN_LENGTH } from '../lib/limits.ts'
import { decodePercent } from './percent-encoding.ts'

const SLASH = 0x2f

/** The last valid origin, such as `https://api.example`. Most requests to a service have the same one. */
let knownOrigin: string | undefined

/** A URL's origin and path, exactly as written. */
interface UrlPath {
  readonly origin: string
  readonly path: string
}

/**
 * Splits a URL without changing it, or returns `undefined` where parsers could disagree on where the path begins.
 * Some runtimes build `request.url` from an unchecked `Host` header, such as `/health`, `x?` or `@`.
 */
export function urlPath(url: string): UrlPath | undefined {
  const origin = originOf(url)
  if (origin === undefined) return undefined
  const beforeQuery = upTo('?', upTo('#', url))
  return { origin, path: beforeQuery.slice(origin.length) }
}

/**
 * Whether a URL parser leaves the path unchanged. It may encode characters, which changes no segment. It must not
 * resolve dots, convert backslashes or drop anything: a router that reads the text without a parser would not.
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

/** Whether a URL parser would write host, port and scheme in the same way. */
function isNormal(origin: string): boolean {
  const root = `${origin}/`
  return URL.canParse(root) && new URL(root).href === `${origin.replace(DEFAULT_PORT, '')}/`
}

function upTo(character: string, text: string): string {
  const at = text.indexOf(character)
  return at === -1 ? text : text.slice(0, at)
}
