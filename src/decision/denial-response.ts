// Denial → HTTP response (protocol §4, RFC 6750 §3).

import { bare } from '../lib/own-member.ts'
import type { Denial } from './decision.ts'
import { DENIALS } from './denials.ts'

/** Checked, because a response without a status would be a 200. */
const STATUSES: ReadonlySet<number> = new Set(Object.values(DENIALS).map(({ status }) => status))

/**
 * The HTTP response to a refused request: JSON `{ error, error_description, error_hint }`, never cached. 401 and 403
 * have a challenge, 503 has `Retry-After`. Except for the names of required scopes, all texts are this package's own.
 *
 * @throws {TypeError} for anything but a denial, so that no response looks like a success by mistake
 * @example
 * ```ts
 * const decision = await verifier.authorize(request, { requiredScopes: ['billing:read'] })
 * return decision.outcome === 'admit' ? serve(decision.mandate) : denialResponse(decision)
 * ```
 */
export function denialResponse(denial: Denial): Response {
  const own = bare(denial)
  const { outcome, code, description, hint, status, retryAfterSeconds } = own
  if (outcome !== 'deny' || !STATUSES.has(status)) {
    throw new TypeError("denialResponse takes a decision whose outcome is 'deny'")
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  if (status === 401 || status === 403) headers['WWW-Authenticate'] = challenge(own)
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds)
  const body = JSON.stringify({ error: code, error_description: description, error_hint: hint })
  return new Response(body, bare({ status, headers }))
}

/** RFC 6750 has two error codes that fit; ours is in the body. Without a token, RFC 6750 §3.1 wants no error code. */
function challenge({ code, status, description, requiredScopes }: Denial): string {
  const parameters = ['realm="caracal"']
  if (code !== 'missing_token') {
    parameters.push(`error="${status === 403 ? 'insufficient_scope' : 'invalid_token'}"`)
    parameters.push(`error_description=${quoted(description)}`)
  }
  if (status === 403 && requiredScopes.length > 0)
    parameters.push(`scope=${quoted(requiredScopes.join(' '))}`)
  return `Bearer ${parameters.join(', ')}`
}

/** A quoted-string (RFC 9110 §5.6.4) of printable ASCII; anything else becomes a question mark. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
