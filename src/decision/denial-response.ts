// Denial → HTTP answer (protocol §4, RFC 6750 §3).

import { bare } from '../lib/own-member.ts'
import type { Denial } from './decision.ts'

/** A response without a status would be a 200. */
const STATUSES: readonly Denial['status'][] = [401, 403, 500, 503]

/**
 * The answer to a refused request: JSON `{ error, error_description, error_hint }`, never cached; 401 and 403 with
 * a challenge, 503 with `Retry-After`. Every text in it is this package's own, save the names of required scopes.
 *
 * @throws {TypeError} for anything but a denial: no answer may look like a success by mistake
 * @example
 * ```ts
 * const decision = await verifier.authorize(request, { requiredScopes: ['billing:read'] })
 * return decision.outcome === 'admit' ? serve(decision.mandate) : denialResponse(decision)
 * ```
 */
export function denialResponse(denial: Denial): Response {
  const own = bare(denial)
  const { outcome, code, description, hint, status, retryAfterSeconds } = own
  if (outcome !== 'deny' || !STATUSES.includes(status)) {
    throw new TypeError("denialResponse takes a decision whose outcome is 'deny'")
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  if (status === 401 || status === 403) headers['WWW-Authenticate'] = challenge(own)
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds)
  const body = JSON.stringify({ error: code, error_description: description, error_hint: hint })
  return new Response(body, bare({ status, headers }))
}

/** RFC 6750 knows two codes that fit; ours stays in the body. Without credentials there is no error to name. */
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
