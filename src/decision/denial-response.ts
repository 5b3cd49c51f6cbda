// Denial → HTTP response (protocol §4, RFC 6750 §3, RFC 9728 §5.1).

import { bare } from '../lib/own-member.ts'
import { isThenable } from '../lib/thenable.ts'
import type { Denial } from './decision.ts'
import { DENIALS } from './denials.ts'

/** Checked, because a response without a status would be a 200. */
const STATUSES: ReadonlySet<number> = new Set(Object.values(DENIALS).map(({ status }) => status))

/** An HTTP response before it is one. */
interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/**
 * The HTTP response to a refused request: JSON `{ error, error_description, error_hint }`, never cached, and with
 * `insufficient_scope` also `scope`. 401 and 403 have a challenge, 503 has `Retry-After`. Except for the names of
 * required scopes and the option `resourceMetadata`, all texts are this package's own.
 *
 * @throws {TypeError} for anything but a denial, so that no response looks like a success by mistake
 * @example
 * ```ts
 * const decision = await verifier.authorize(request, { requiredScopes: ['billing:read'] })
 * return decision.outcome === 'admit' ? serve(decision.mandate) : denialResponse(decision)
 * ```
 */
export function denialResponse(denial: Denial): Response {
  const { status, headers, body } = answerFor(denial)
  return new Response(body, bare({ status, headers }))
}

/** The same, for a server that does not take a Response. */
export function answerFor(denial: Denial): Answer {
  const own = bare(denial)
  const { outcome, code, description, hint, status, retryAfterSeconds } = own
  if (outcome !== 'deny' || !STATUSES.has(status)) {
    const advice = isThenable(denial) ? ', not a promise: await it first' : ''
    throw new TypeError(`denialResponse takes a decision whose outcome is 'deny'${advice}`)
  }
  const headers: Record<string, string> = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }
  if (status === 401 || status === 403) headers['WWW-Authenticate'] = challenge(own)
  if (retryAfterSeconds !== undefined) headers['Retry-After'] = String(retryAfterSeconds)
  const texts = { error: code, error_description: description, error_hint: hint }
  const scope = code === 'insufficient_scope' ? scopeOf(own) : undefined
  // Without a prototype, on which other code could put `toJSON`.
  const body = JSON.stringify(bare(scope === undefined ? texts : { ...texts, scope }))
  return { status, headers, body }
}

const REALM = 'realm="caracal"'

/** RFC 6750 has two error codes that fit; ours is in the body. */
function challenge(denial: Denial): string {
  const { code, status, description, resourceMetadata } = denial
  // No other scope would help. A client that is told `insufficient_scope` would ask a person for more.
  if (status === 403 && code !== 'insufficient_scope') return `Bearer ${REALM}`
  const parameters = [REALM]
  // Without a token, RFC 6750 §3.1 wants no error code.
  if (code !== 'missing_token') {
    parameters.push(`error="${status === 403 ? 'insufficient_scope' : 'invalid_token'}"`)
    parameters.push(`error_description=${quoted(description)}`)
  }
  const scope = scopeOf(denial)
  if (scope !== undefined) parameters.push(`scope=${quoted(scope)}`)
  if (resourceMetadata !== undefined) parameters.push(`resource_metadata=${quoted(resourceMetadata)}`)
  return `Bearer ${parameters.join(', ')}`
}

/** `undefined` if the request needed none, or its path is so uncertain that none is told. */
function scopeOf({ requiredScopes }: Denial): string | undefined {
  return requiredScopes.length > 0 ? requiredScopes.join(' ') : undefined
}

/** A quoted-string (RFC 9110 §5.6.4) of printable ASCII; anything else becomes a question mark. */
function quoted(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
