// A guard written with nothing but jose, to show that `conformance` of caracal-edge/testing checks any guard, and what it
// takes to pass. It knows required scopes and no other option: test/examples/jose-guard.test.ts has what it lacks.

import type { RevocationStore } from 'caracal-edge'
import {
  base64url,
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose'

export interface JoseGuardOptions {
  readonly issuer: string
  readonly audience: string
  readonly zoneId: string
  readonly keySetUrl: string
  readonly revocations: RevocationStore
  readonly requiredScopes?: readonly string[]
  readonly keySetTimeoutMs?: number
  readonly storeTimeoutMs?: number
  readonly fetch?: (url: string, init?: RequestInit) => Promise<Response>
}

type Handler = (request: Request, mandate: Readonly<JWTPayload>) => Response | Promise<Response>

const MAX_TOKEN_LENGTH = 32 * 1024
const MAX_KEY_SET_BYTES = 256 * 1024
const MAX_LIFETIME_SECONDS = 86_400
const TOLERANCE_SECONDS = 60
const MAX_HOPS = 10

export function guardWithJose(
  handler: Handler,
  options: JoseGuardOptions,
): (request: Request) => Promise<Response> {
  const { issuer, audience, zoneId, requiredScopes = [] } = options
  const keys = createRemoteJWKSet(new URL(options.keySetUrl), {
    timeoutDuration: options.keySetTimeoutMs ?? 5_000,
    [customFetch]: boundedFetch(options.fetch ?? ((url, init) => fetch(url, init))),
  })

  async function verified(token: string): Promise<Readonly<JWTPayload>> {
    // Before anything is fetched for a stranger.
    mustLookLikeMandate(token)
    let payload: JWTPayload
    try {
      const verifyOptions = { issuer, audience, algorithms: ['ES256'], clockTolerance: TOLERANCE_SECONDS }
      payload = (await jwtVerify(token, keys, verifyOptions)).payload
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || isAboutToken(error))
        throw new Refusal(401, 'invalid_token')
      throw new Refusal(503, 'keys_unavailable')
    }
    mustBeClaims(payload)
    if (payload.zone_id !== zoneId) throw new Refusal(401, 'invalid_zone')
    if (payload.use !== 'resource') throw new Refusal(401, 'invalid_token')
    const scopes = String(payload.scope ?? '')
      .split(' ')
      .filter((scope) => scope !== '')
    if (!requiredScopes.every((scope) => scopes.includes(scope))) throw new Refusal(403, 'insufficient_scope')
    if (hopsOf(payload) > MAX_HOPS) throw new Refusal(403, 'hop_count_exceeded')
    await mustStand(payload, options)
    // Once more, after the waiting.
    if (Number(payload.exp) <= Date.now() / 1000) throw new Refusal(401, 'invalid_token')
    return Object.freeze(payload)
  }

  return async (request) => {
    let mandate: Readonly<JWTPayload>
    try {
      mandate = await verified(tokenIn(request))
    } catch (error) {
      const { status, code } = error instanceof Refusal ? error : new Refusal(500, 'server_error')
      return refuse(status, code, requiredScopes)
    }
    return handler(request, mandate)
  }
}

class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

function tokenIn(request: Request): string {
  const header = request.headers.get('authorization') ?? ''
  const [, token] = /^Bearer +(.*)$/i.exec(header) ?? []
  if (token === undefined || token.trim() === '') throw new Refusal(401, 'missing_token')
  return token
}

function mustLookLikeMandate(token: string): void {
  try {
    if (token.length > MAX_TOKEN_LENGTH) throw new Error('too long')
    const segments = token.split('.')
    // One encoding for each token: no padding, no other alphabet, no unused bits.
    const bytes = segments.map((segment) => base64url.decode(segment))
    if (bytes.length !== 3 || bytes.some((each, at) => base64url.encode(each) !== segments[at]))
      throw new Error('form')
    if (bytes[2]?.length !== 64) throw new Error('signature')
    const { alg, kid, typ, crit, cty } = decodeProtectedHeader(token)
    if (alg !== 'ES256' || typeof kid !== 'string' || kid === '') throw new Error('header')
    if (typ !== undefined && typ !== 'JWT' && typ !== 'at+jwt') throw new Error('type')
    if (crit !== undefined || cty !== undefined) throw new Error('header')
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes[1])
    mustBeClaims(JSON.parse(text))
  } catch {
    throw new Refusal(401, 'invalid_token')
  }
}

type Test = (value: unknown) => boolean
const isText: Test = (value) => typeof value === 'string' && value !== '' && !/\p{Surrogate}/u.test(value)
const isOptionalText: Test = (value) => value === undefined || value === null || value === '' || isText(value)
const isTime: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isCount: Test = (value) => value === undefined || value === null || isTime(value)
const isTexts: Test = (value) => Array.isArray(value) && value.every(isText)

const CLAIMS: { readonly [claim: string]: Test } = {
  iss: isText,
  aud: (value) => isText(value) || (isTexts(value) && (value as readonly unknown[]).length > 0),
  sub: isText,
  jti: isText,
  zone_id: isText,
  client_id: isText,
  sid: isText,
  root_sid: isText,
  use: isText,
  sub_type: (value) => value === 'user' || value === 'application',
  exp: isTime,
  iat: isTime,
  nbf: (value) => value === undefined || isTime(value),
  cnf: (value) => value === undefined,
  scope: (value) => value === undefined || value === null || typeof value === 'string',
  target: (value) => value === undefined || isTexts(value),
  agent_session_id: isOptionalText,
  delegation_edge_id: isOptionalText,
  source_session_id: isOptionalText,
  target_session_id: isOptionalText,
  delegation_path: (value) => value === undefined || isTexts(value),
  delegation_chain: (value) => value === undefined || (Array.isArray(value) && value.every(isLink)),
  hop_count: isCount,
  delegation_graph_epoch: isCount,
}

function isLink(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { application_id, agent_session_id, delegation_edge_id } = value as JWTPayload
  return isText(application_id) && isOptionalText(agent_session_id) && isOptionalText(delegation_edge_id)
}

function mustBeClaims(claims: unknown): asserts claims is JWTPayload {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims))
    throw new Refusal(401, 'invalid_token')
  const own = claims as JWTPayload
  const has = (claim: string) => (Object.hasOwn(own, claim) ? own[claim] : undefined)
  const now = Date.now() / 1000
  const [exp, iat] = [Number(has('exp')), Number(has('iat'))]
  const isWrong =
    Object.entries(CLAIMS).some(([claim, test]) => !test(has(claim))) ||
    exp <= now ||
    iat > now + TOLERANCE_SECONDS ||
    exp - Math.min(iat, now) > MAX_LIFETIME_SECONDS
  if (isWrong) throw new Refusal(401, 'invalid_token')
}

function hopsOf({ hop_count, delegation_path, delegation_chain, delegation_edge_id }: JWTPayload): number {
  const lengthOf = (list: unknown) => (Array.isArray(list) ? list.length : 0)
  const [path, chain] = [lengthOf(delegation_path), lengthOf(delegation_chain) - 1]
  return Math.max(Number(hop_count ?? 0), path, chain, delegation_edge_id ? 1 : 0)
}

/** Asks the store, and takes every doubt for an outage. */
async function mustStand(claims: JWTPayload, options: JoseGuardOptions): Promise<void> {
  const { sid, root_sid, agent_session_id, delegation_edge_id, delegation_graph_epoch: epoch } = claims
  const ids = [sid, root_sid, agent_session_id, delegation_edge_id].filter(isText).map(String)
  const zoneId = epoch === undefined || epoch === null ? undefined : options.zoneId
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), options.storeTimeoutMs ?? 5_000)
  })
  let state: unknown
  try {
    const lookup = async () => options.revocations.lookup({ anchors: [...new Set(ids)], zoneId })
    state = await Promise.race([lookup(), late])
  } catch {
    throw new Refusal(503, 'revocation_unavailable')
  } finally {
    clearTimeout(timer)
  }
  const { revoked, delegationEpoch } = own(state, 'revoked', 'delegationEpoch')
  const isEpoch = delegationEpoch === Number.POSITIVE_INFINITY || isTime(delegationEpoch)
  if (typeof revoked !== 'boolean' || !isEpoch) throw new Refusal(503, 'revocation_unavailable')
  if (revoked) throw new Refusal(401, 'session_revoked')
  if (zoneId !== undefined && Number(epoch) < Number(delegationEpoch))
    throw new Refusal(401, 'delegation_stale')
}

function own(value: unknown, ...names: readonly string[]): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.includes(name)))
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed
  )
}

/** No more than a key set can need, and no second try within a second after one that failed. */
function boundedFetch(send: NonNullable<JoseGuardOptions['fetch']>) {
  let failedAt = Number.NEGATIVE_INFINITY
  return async (url: string, init: RequestInit): Promise<Response> => {
    if (Math.abs(Date.now() - failedAt) < 1_000)
      throw new Error('The key set could not be fetched a moment ago')
    try {
      const response = await send(url, init)
      if (response.status !== 200) throw new Error('There is no key set')
      return new Response(await boundedText(response))
    } catch (error) {
      failedAt = Date.now()
      throw error
    }
  }
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  let text = ''
  for (let size = 0; reader !== undefined; ) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.length
    if (size > MAX_KEY_SET_BYTES) {
      await reader.cancel()
      throw new Error('The key set is too large')
    }
    text += decoder.decode(value, { stream: true })
  }
  return text
}

const TEXTS: { readonly [code: string]: readonly [description: string, hint: string] } = {
  missing_token: ['The request carries no mandate.', 'Send one in the Authorization header.'],
  invalid_token: ['The mandate is not valid.', 'Ask the STS for a new mandate.'],
  invalid_zone: ['The mandate belongs to another zone.', 'Use a mandate of the zone of this service.'],
  insufficient_scope: ['The mandate lacks a scope.', 'Ask for a mandate with all scopes of this route.'],
  hop_count_exceeded: ['The mandate was delegated too often.', 'Use a mandate with a shorter path.'],
  session_revoked: ['The authority has been revoked.', 'Start a new session.'],
  delegation_stale: ['Delegations have changed.', 'Ask the STS for a new mandate.'],
}
const OUTAGE = ['The mandate cannot be verified at the moment.', 'Try again later.'] as const

/** A refusal in the form of the protocol (§4). */
export function refuse(status: number, code: string, requiredScopes: readonly string[]): Response {
  const [error_description, error_hint] = TEXTS[code] ?? OUTAGE
  const isAboutScopes = code === 'insufficient_scope'
  const scope = requiredScopes.join(' ')
  const headers = new Headers({ 'Cache-Control': 'no-store' })
  if (status === 503) headers.set('Retry-After', '5')
  if (status === 401 || status === 403) {
    const error = status === 401 ? 'invalid_token' : code
    const parts = [
      ...(code === 'missing_token' || code === 'hop_count_exceeded' ? [] : [`error="${error}"`]),
      ...(scope === '' || code === 'hop_count_exceeded' ? [] : [`scope="${scope}"`]),
    ]
    headers.set('WWW-Authenticate', ['Bearer', parts.join(', ')].join(' ').trim())
  }
  const body = { error: code, error_description, error_hint, ...(isAboutScopes && { scope }) }
  return Response.json(body, { status, headers })
}
