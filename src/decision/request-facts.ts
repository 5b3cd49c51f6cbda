// What an event says of its request. Anybody can write it, so each text has a strict form and no secret in it.

import { memberOf } from '../lib/own-member.ts'
import type { Mandate } from '../mandate.ts'

export interface RequestFacts {
  readonly method: string | undefined
  readonly requestId: string | undefined
  readonly traceparent: string | undefined
}

/** The anchors of a mandate. */
export type Anchors = Pick<Mandate, 'sid' | 'rootSid' | 'agentSessionId' | 'delegationEdgeId'>

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

/** The Gateway sends the first (protocol §7), Cloudflare the second. */
const REQUEST_ID_HEADERS = ['x-request-id', 'cf-ray'] as const

/** No dots, so that it is no token, and shorter than the signature of one. */
const REQUEST_ID = /^[\w-]{8,64}$/

/** W3C Trace Context, version 00: neither id may be zero. */
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/**
 * @param credentialHeader the header that holds the mandate, if it is not `Authorization`
 * @param anchors those of the verified mandate
 */
export function requestFacts(
  request: Request | undefined,
  credentialHeader: string | undefined,
  anchors: Anchors | undefined,
): RequestFacts {
  const secrets = ['authorization', 'cookie', credentialHeader].map((name) => name && headerIn(request, name))
  const isSecret = (text: string) =>
    secrets.some((secret) => secret?.includes(text)) || hasAnchor(text, anchors)
  const valid = (name: string, form: RegExp) => {
    const text = headerIn(request, name)
    return text !== undefined && form.test(text) && !isSecret(text) ? text : undefined
  }
  const [first, second] = REQUEST_ID_HEADERS
  return {
    method: methodIn(request),
    requestId: valid(first, REQUEST_ID) ?? valid(second, REQUEST_ID),
    traceparent: valid('traceparent', TRACEPARENT),
  }
}

/** What was given may be no request, and on Deno one that was answered meanwhile cannot be read. */
function headerIn(request: Request | undefined, name: string): string | undefined {
  try {
    const text: unknown = request?.headers.get(name)
    return typeof text === 'string' ? text : undefined
  } catch {
    return undefined
  }
}

/** Any other method is `_OTHER`, as in OpenTelemetry: a client may write whatever it likes. */
function methodIn(request: Request | undefined): string | undefined {
  const method = memberOf(request, 'method')
  return method === undefined ? undefined : (METHODS.find((known) => known === method) ?? '_OTHER')
}

function hasAnchor(text: string, anchors: Anchors | undefined): boolean {
  if (anchors === undefined) return false
  const { sid, rootSid, agentSessionId, delegationEdgeId } = anchors
  return [sid, rootSid, agentSessionId, delegationEdgeId].some(
    (anchor) => anchor !== undefined && text.includes(anchor),
  )
}
