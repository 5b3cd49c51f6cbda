// Which requests `dev` takes: any web page can send some to a loopback port, so that most are refused.

import type { IncomingMessage } from 'node:http'
import { jsonIn } from '../json.ts'
import { textWithin } from '../text-within.ts'

/** Why a request is refused. The message is the answer. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** Commands for Redis, for which a token is needed. */
const MAX_BODY_BYTES = 8 * 1024 * 1024

/** Four times the longest mandate. A guard with a thousand routes inside of each other takes many seconds to build. */
const MAX_JSON_BYTES = 128 * 1024

/**
 * A foreign name in `Host` is that of a web page whose own name was made to lead here (DNS rebinding). `Origin` and
 * `Sec-Fetch-Site` name the page that a browser sends a request for.
 * @throws {Refused} unless the request is for this port, and from no page but our own
 */
export function checkOrigin({ headers }: IncomingMessage, port: number): void {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  // Clients leave out the usual port.
  const hosts = [...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])]
  if (!hosts.includes(headers.host?.toLowerCase() ?? '')) {
    throw new Refused(403, `the Host header must name this server: 127.0.0.1:${port} or localhost:${port}`)
  }
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const isForeign = origin !== undefined && origin.toLowerCase() !== `http://${headers.host?.toLowerCase()}`
  if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
    throw new Refused(403, 'other web pages may not use this server')
  }
}

/** @throws {Refused} unless the body is a JSON object that says it is one, which no page can send without being asked first */
export async function jsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (request.method !== 'POST') throw new Refused(405, 'use POST')
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new Refused(415, 'send JSON, with Content-Type: application/json')
  }
  return asRecord(jsonIn((await bodyText(request, MAX_JSON_BYTES)) || '{}'), 'the body')
}

export function asRecord(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refused(400, `${name} must be a JSON object`)
  }
  return Object.fromEntries(Object.entries(value))
}

export function bodyText(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<string> {
  return textWithin(maxBytes, request, () => new Refused(413, 'the body is too large'))
}
