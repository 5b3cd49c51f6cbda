// The one header of a request that may hold its token: the option, and how the token is read from it.

import { type Check, identifier } from '../lib/checks.ts'
import { HTTP_TOKEN } from '../lib/http-token.ts'

const SCHEME = 'bearer'
const SPACE = 0x20

/**
 * The token, or `undefined` where the header is absent or has no token.
 *
 * Several headers of the same name arrive as one, joined by commas. They are not split: no mandate contains a comma, so
 * the combined text is refused later. Tokens in a query, a body or any other header are ignored.
 * @param bareHeader the header that holds the token without a scheme (protocol §7), instead of `Authorization`
 */
export function credential(headers: Headers, bareHeader: string | undefined): string | undefined {
  if (bareHeader === undefined) return bearerToken(headers.get('authorization'))
  return headers.get(bareHeader) || undefined
}

/**
 * A token that came without a request. `undefined` if there is none.
 * @throws {TypeError} for anything else: a promise of a token, or a request, would look like a bad token
 */
export function givenToken(token: unknown): string | undefined {
  if (typeof token === 'string') return token || undefined
  if (token === undefined || token === null) return undefined
  throw new TypeError('A token must be a string.')
}

/** The token of an Authorization header with the scheme `Bearer`, in any case (RFC 6750 §2.1). */
function bearerToken(authorization: string | null): string | undefined {
  if (authorization === null || authorization.charCodeAt(SCHEME.length) !== SPACE) return undefined
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined
  let start = SCHEME.length + 1
  while (authorization.charCodeAt(start) === SPACE) start++
  return start < authorization.length ? authorization.slice(start) : undefined
}

/**
 * Fields with a meaning of their own. A browser sends some of them by itself, which would let other sites act for a
 * person (`Cookie`), and proxies write, join or drop others.
 */
const TAKEN =
  /^(accept(-.*)?|access-control-.*|age|allow|cache-control|connection|content-.*|cookie2?|date|dnt|etag|expect|forwarded|from|host|if-.*|keep-alive|origin|pragma|proxy-.*|range|referer|sec-.*|server|set-cookie2?|te|trailer|transfer-encoding|upgrade(-.*)?|user-agent|vary|via|www-authenticate|x-forwarded-.*)$/i

/** The option `credentialHeader`. `undefined` for `Authorization`, whose token has a scheme. */
export const bareHeader: Check<string> = (value, report) => {
  const name = identifier(value, report)
  if (name === undefined || name.toLowerCase() === 'authorization') return undefined
  if (!HTTP_TOKEN.test(name)) report('must be the name of a header, such as X-Caracal-Identity')
  else if (TAKEN.test(name)) {
    report(
      'must be a header that clients, browsers and proxies use for nothing else, such as X-Caracal-Identity',
    )
  } else return name
  return undefined
}
