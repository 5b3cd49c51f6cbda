// Requests as a client on the wire sends them: no URL parser tidies their paths, and no redirect is followed.

import { type IncomingHttpHeaders, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'

export interface Sent {
  readonly mandate?: string | undefined
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Buffer
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Whether the handler behind the guard gave it. */
  readonly isFromHandler: boolean
  /** The body as JSON, or nothing where it is not JSON. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Opens a request, whose body is still to be written. */
export function open(origin: string, path: string, { mandate, method, headers, signal }: Sent) {
  const { hostname, port } = new URL(origin)
  const authorization = mandate === undefined ? {} : { authorization: `Bearer ${mandate}` }
  return request({
    hostname,
    port,
    path,
    method: method ?? 'GET',
    headers: { ...authorization, ...headers },
    ...(signal && { signal }),
  })
}

export function ask(origin: string, path: string, sent: Sent = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = open(origin, path, sent)
    outgoing.once('error', reject)
    outgoing.once('response', (incoming) => answerIn(incoming).then(resolve, reject))
    outgoing.end(sent.body)
  })
}

async function answerIn(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    body,
    isFromHandler: incoming.headers['x-answered-by'] === 'handler',
    json: parsed(body.toString()),
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
