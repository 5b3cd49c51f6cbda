// An admitted request → what the server gets of it, or the refusal. Nothing is passed on that was not judged.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import type { Denial } from '../../decision/decision.ts'
import { denialResponse } from '../../decision/denial-response.ts'
import { deny } from '../../decision/denials.ts'
import type { AdmittedAuthority } from '../../guard/authority.ts'
import { rememberAuthority } from '../../guard/authority-of.ts'
import { isWithin } from '../../lib/clock.ts'
import { MAX_UNCHECKED_UPLOAD_MS } from '../../lib/limits.ts'
import { logOnce } from '../../lib/log.ts'
import { bare } from '../../lib/own-member.ts'
import { isInterruption, kindOf } from '../../lib/thrown.ts'
import { hasExpired } from '../../mandate.ts'
import { bodyText, isEmpty } from './body.ts'
import { asksForWebSocket, headerMismatch, isPlainJson, sessionIdIn } from './headers.ts'
import { readMessage } from './message.ts'
import { denyCall, type MessageId, refuseCall, reportOf } from './refusals.ts'
import { rulesFor } from './rules.ts'
import type { KnownSessions } from './sessions.ts'
import type { McpSettings } from './settings.ts'

/** What the server gets. */
export interface Incoming {
  readonly request: Request
  readonly mcp: {
    /** `undefined` without a body. */
    readonly parsedBody: unknown
  }
  /** The id of the request that the answer is for; `undefined` if there is none. */
  readonly id: MessageId | undefined
  /** Whether the answer may have the id of a new session. */
  readonly startsSession: boolean
}

export interface Judge {
  readonly settings: McpSettings
  readonly sessions: KnownSessions
  readonly authority: AdmittedAuthority
  readonly principal: string
}

/** Rejects only if Next.js ends a prerender. */
export async function judged(request: Request, judge: Judge): Promise<Incoming | Response> {
  try {
    const incoming = await byMethod(request, judge)
    if (!(incoming instanceof RefusedCall)) return incoming
    judge.authority.reportRefusal(reportOf(incoming.reason))
    return refuseCall(incoming.reason, incoming.id)
  } catch (error) {
    if (isInterruption(error)) throw error
    const kind = kindOf(error)
    logOnce(judge.settings, `unexpected ${kind}`, `unexpected ${kind} while a call was read`)
    const denial = deny('server_error')
    judge.authority.reportRefusal(denial)
    return denialResponse(denial)
  }
}

/** A call that its mandate does not help. */
class RefusedCall {
  readonly reason: CallRefusal
  readonly id: MessageId

  constructor(reason: CallRefusal, id: MessageId = null) {
    this.reason = reason
    this.id = id
  }
}

async function byMethod(request: Request, judge: Judge): Promise<Incoming | RefusedCall | Response> {
  const { method, headers } = request
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE')
    return new RefusedCall('method_not_allowed')
  // Nobody would judge the messages in it.
  if (asksForWebSocket(headers)) return new RefusedCall('unexpected_upgrade')
  const session = sessionIdIn(headers)
  if (session === undefined) return new RefusedCall('invalid_session_id')
  if (session !== null && judge.sessions.isOfAnother(session, judge.principal))
    return new RefusedCall('unknown_session')
  const startedAt = Date.now()
  const incoming = await (method === 'POST' ? post(request, judge) : withoutBody(request, judge))
  if (incoming instanceof Response || incoming instanceof RefusedCall) return incoming
  const denial = await endedSince(startedAt, judge.authority)
  return denial === undefined ? incoming : denyCall(denial, incoming.id ?? null)
}

/** It is the client who decides how long its body takes, and the authority may have ended in the meantime. */
async function endedSince(startedAt: number, authority: AdmittedAuthority): Promise<Denial | undefined> {
  const now = Date.now()
  if (isWithin(MAX_UNCHECKED_UPLOAD_MS, startedAt, now) && !hasExpired(authority.mandate, now))
    return undefined
  const decision = await authority.recheck()
  return decision.outcome === 'deny' ? decision : undefined
}

async function withoutBody(
  request: Request,
  { authority }: Judge,
): Promise<Incoming | RefusedCall | Response> {
  // A body that nobody reads could be a message to a server behind this one.
  if (!(await isEmpty(request))) return new RefusedCall('unexpected_body')
  const forwarded = request.body ? withBody(request, null) : request
  rememberAuthority(forwarded, authority)
  return { request: forwarded, mcp: { parsedBody: undefined }, id: undefined, startsSession: false }
}

async function post(
  request: Request,
  { settings, authority }: Judge,
): Promise<Incoming | RefusedCall | Response> {
  const { headers } = request
  if (!isPlainJson(headers)) return new RefusedCall('wrong_content')
  const body = await bodyText(request, settings.maxBodyBytes)
  if (!body.ok) return new RefusedCall(body.reason)
  const read = readMessage(body.value)
  if (!read.ok) return new RefusedCall(read.reason.refusal, read.reason.id)
  const { message, text, value } = read.value
  const mismatch = headerMismatch(headers, message)
  if (mismatch !== undefined) return new RefusedCall(mismatch, message.id)
  const required = rulesFor(message, settings.rules)
  if (!required.ok) return new RefusedCall(required.reason, message.id)
  const denial = authority.meetsAll(required.value)
  if (denial !== undefined) return denyCall(denial, message.id)
  const forwarded = withBody(request, text)
  rememberAuthority(forwarded, authority)
  const call = message.kind === 'request' ? message : undefined
  return {
    request: forwarded,
    mcp: { parsedBody: value },
    id: call?.id,
    startsSession: call?.method === 'initialize',
  }
}

/** The same request with this body instead of the one that was read. */
function withBody(request: Request, body: string | null): Request {
  const headers = new Headers(request.headers)
  // They are of the body that came.
  headers.delete('content-length')
  headers.delete('transfer-encoding')
  if (body !== null) headers.set('content-type', 'application/json')
  const { url, method, signal } = request
  const init = bare({ method, headers, body })
  try {
    // Without a body of its own, it would take the one that was read.
    if (body !== null) return new Request(request, init)
  } catch {
    // Something like a request, from a framework or another realm.
  }
  return new Request(url, bare({ ...init, signal }))
}
