// What an event says of its request. Anybody can write it, so each text has a strict form and no secret in it.

import { memberOf } from '../lib/own-member.ts'

export interface RequestFacts {
  readonly method: string | undefined
  readonly requestId: string | undefined
  readonly traceparent: string | undefined
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']

/** The Gateway sends the first (protocol §7), Cloudflare the second. */
const REQUEST_ID_HEADERS = ['x-request-id', 'cf-ray'] as const

/** No dots, so that it is no token, and shorter than the signature of one. */
const REQUEST_ID = /^[\w-]{8,64}$/

/** W3C Trace Context, version 00: neither id may be zero. */
const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** @param credentialHeader the header that holds the mandate, if it is not `Authorization` */
export function requestFacts(
  request: Request | undefined,
  credentialHeader: string | undefined,
): RequestFacts {
  let secrets: Secrets | undefined
  const valid = (name: string, form: RegExp) => {
    const text = headerIn(request, name)
    if (text === undefined || !form.test(text)) return undefined
    secrets ??= secretsIn(request, credentialHeader)
    const { credentials, anchors } = secrets
    const isSecret =
      credentials.some((it) => it.includes(text)) || anchors.some((it) => folded(text).includes(it))
    return isSecret ? undefined : text
  }
  const [first, second] = REQUEST_ID_HEADERS
  return {
    method: methodIn(request),
    requestId: valid(first, REQUEST_ID) ?? valid(second, REQUEST_ID),
    traceparent: valid('traceparent', TRACEPARENT),
  }
}

/** Any other method is `_OTHER`, as in OpenTelemetry: a client may write whatever it likes. */
function methodIn(request: Request | undefined): string | undefined {
  const method = memberOf(request, 'method')
  return method === undefined ? undefined : (METHODS.find((known) => known === method) ?? '_OTHER')
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

interface Secrets {
  readonly credentials: readonly string[]
  readonly anchors: readonly string[]
}

function secretsIn(request: Request | undefined, credentialHeader: string | undefined): Secrets {
  const names = ['authorization', 'cookie', ...(credentialHeader === undefined ? [] : [credentialHeader])]
  const credentials = names.flatMap((name) => headerIn(request, name) ?? [])
  return {
    credentials,
    anchors: credentials
      .flatMap(anchorsIn)
      .map(folded)
      .filter((it) => it !== ''),
  }
}

/** A UUID is a trace id without its dashes. */
function folded(text: string): string {
  return text.replaceAll('-', '').toLowerCase()
}

const ANCHOR = /"(?:(?:root_)?sid|agent_session_id|delegation_edge_id)"\s*:\s*"([^"]+)"/g

/** Also of a token that nobody has verified, as on an excluded path. */
function anchorsIn(credential: string): readonly string[] {
  try {
    const [, payload = ''] = credential.split('.')
    const text = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    return Array.from(text.matchAll(ANCHOR), ([, anchor = '']) => anchor)
  } catch {
    return []
  }
}
