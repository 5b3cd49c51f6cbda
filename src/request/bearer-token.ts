// Reads the bearer token of an Authorization header (RFC 6750 §2.1). Its content is checked elsewhere.

const SCHEME = 'bearer'
const SPACE = 0x20

/**
 * The token, or `undefined` where the header is absent or has no bearer token.
 *
 * Several Authorization headers arrive as one, joined by commas. They are not split: no mandate contains a comma, so
 * the combined text is refused later. Tokens in a query, a body or another header are ignored.
 */
export function bearerToken(authorization: string | null): string | undefined {
  if (authorization === null || authorization.charCodeAt(SCHEME.length) !== SPACE) return undefined
  if (authorization.slice(0, SCHEME.length).toLowerCase() !== SCHEME) return undefined
  let start = SCHEME.length + 1
  while (authorization.charCodeAt(start) === SPACE) start++
  return start < authorization.length ? authorization.slice(start) : undefined
}
