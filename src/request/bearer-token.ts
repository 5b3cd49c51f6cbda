// Takes the bearer token out of an Authorization header (RFC 6750 §2.1). Its content is not looked at here.

const SCHEME = 'bearer'
const SPACE = 0x20

/**
 * The token, or `undefined` where the header is absent or holds no bearer credential.
 *
 * Several Authorization lines arrive as one, joined by a comma. They are not taken apart: a comma is in no
 * mandate, so that the whole is refused later. Tokens in a query, a body or another header are never looked for.
 */
export function bearerToken(authorization: string | null): string | undefined {
  if (authorization === null || authorization.charCodeAt(SCHEME.length) !== SPACE) return undefined
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined
  let start = SCHEME.length + 1
  while (authorization.charCodeAt(start) === SPACE) start++
  return start < authorization.length ? authorization.slice(start) : undefined
}
