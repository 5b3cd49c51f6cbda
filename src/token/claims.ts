// The payload of a token → the claims of a mandate (protocol §1). A single claim of the wrong type makes it invalid.

import { isPlainObject, ownMember } from '../lib/own-member.ts'
import { isWellFormed } from '../lib/well-formed.ts'
import type { DelegationLink, VerifiedClaims } from '../mandate.ts'

/** Returns the payload's own member of this name. */
type Claims = (claim: string) => unknown

/** Thrown by the readers below, caught by `parseClaims`. */
class InvalidClaim extends Error {}

/** Strict: malformed UTF-8 and a byte order mark are errors. */
export const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The claims in a payload, deeply frozen, or `undefined` if the claims are not those of a mandate.
 *
 * Only types are checked here. Issuer, audience, times, zone and use are checked on every request, in
 * guard/validity.ts and requirements.ts. Unknown claims are ignored, except `cnf`: it binds the mandate to a key,
 * and possession of that key is not verified here.
 */
export function parseClaims(payload: Uint8Array): VerifiedClaims | undefined {
  try {
    const claims: unknown = JSON.parse(UTF8.decode(payload))
    return isPlainObject(claims) && !Object.hasOwn(claims, 'cnf') ? claimsFrom(claimsOf(claims)) : undefined
  } catch {
    return undefined
  }
}

/** The same, of claims that have been read. */
export function readClaims(claims: object): VerifiedClaims | undefined {
  try {
    return claimsFrom(claimsOf(claims))
  } catch {
    return undefined
  }
}

/** The claim for which `claimsFrom` refuses them, by its name in the token. `undefined` if there is none. */
export function refusedClaim(claims: object): string | undefined {
  if (Object.hasOwn(claims, 'cnf')) return 'cnf'
  let asked: string | undefined
  try {
    claimsFrom((claim) => {
      asked = claim
      return ownMember(claims, claim)
    })
    return undefined
  } catch {
    return asked
  }
}

function claimsOf(object: object): Claims {
  return (claim) => ownMember(object, claim)
}

function claimsFrom(claims: Claims): VerifiedClaims {
  const scope = optionalText(claims('scope')) ?? ''
  return Object.freeze({
    sub: text(claims('sub')),
    subType: text(claims('sub_type')),
    clientId: text(claims('client_id')),
    issuer: text(claims('iss')),
    audience: audience(claims('aud')),
    zoneId: text(claims('zone_id')),
    jti: text(claims('jti')),
    sid: text(claims('sid')),
    rootSid: text(claims('root_sid')),
    use: text(claims('use')),
    scope,
    scopes: Object.freeze([...new Set(scope.split(' ').filter((token) => token !== ''))]),
    targetResources: list(claims('target'), text),
    agentSessionId: optionalText(claims('agent_session_id')),
    delegationEdgeId: optionalText(claims('delegation_edge_id')),
    sourceSessionId: optionalText(claims('source_session_id')),
    targetSessionId: optionalText(claims('target_session_id')),
    delegationPath: list(claims('delegation_path'), text),
    delegationChain: list(claims('delegation_chain'), delegationLink),
    hopCount: optionalCount(claims('hop_count')) ?? 0,
    graphEpoch: optionalCount(claims('delegation_graph_epoch')),
    issuedAt: date(claims('iat')),
    notBefore: isAbsent(claims('nbf')) ? undefined : date(claims('nbf')),
    expiresAt: date(claims('exp')),
  })
}

/** `""` and `null` mean that a string or number is absent (protocol §1). */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function optionalText(value: unknown): string | undefined {
  if (isAbsent(value)) return undefined
  return text(value)
}

/** A store cannot represent a text with a lone surrogate: its mark could be that of another id. */
function text(value: unknown): string {
  if (typeof value !== 'string' || value === '' || !isWellFormed(value)) throw new InvalidClaim()
  return value
}

function optionalCount(value: unknown): number | undefined {
  if (isAbsent(value)) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new InvalidClaim()
  return value
}

/** NumericDate (RFC 7519 §2), whole seconds. */
function date(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new InvalidClaim()
  return value
}

function list<T>(value: unknown, read: (element: unknown) => T): readonly T[] {
  if (value === undefined) return Object.freeze([])
  if (!Array.isArray(value)) throw new InvalidClaim()
  return Object.freeze(value.map((element: unknown) => read(element)))
}

/** A single string or a list (RFC 7519 §4.1.3). It is in every mandate. */
function audience(value: unknown): readonly string[] {
  if (value === undefined) throw new InvalidClaim()
  return typeof value === 'string' ? Object.freeze([text(value)]) : list(value, text)
}

function delegationLink(link: unknown): DelegationLink {
  if (!isPlainObject(link)) throw new InvalidClaim()
  const members = claimsOf(link)
  return Object.freeze({
    applicationId: text(members('application_id')),
    agentSessionId: optionalText(members('agent_session_id')),
    delegationEdgeId: optionalText(members('delegation_edge_id')),
  })
}
