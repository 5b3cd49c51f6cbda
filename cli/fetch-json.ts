// Asks a server for JSON, with limits of time and size: what answers may be anything.

import { jsonIn } from './json.ts'
import { textWithin } from './text-within.ts'

export type JsonObject = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Until the headers were there, in milliseconds. */
  readonly tookMs: number
  /** `undefined` where the body is no JSON object, or is not whole. */
  readonly json: JsonObject | undefined
  /** Why the body is not whole. */
  readonly broken: NoAnswer | undefined
}

/** Why there is no answer, or not all of it. The message quotes nothing. */
export class NoAnswer extends Error {
  readonly kind: 'timeout' | 'network' | 'too large'
  constructor(kind: NoAnswer['kind'], message: string) {
    super(message)
    this.kind = kind
  }

  static late(limitMs: number): NoAnswer {
    return new NoAnswer('timeout', `within ${limitMs / 1000} seconds`)
  }

  static tooLarge(maxBytes: number): NoAnswer {
    return new NoAnswer('too large', `more than ${maxBytes / 1024 / 1024} MiB`)
  }
}

/** For everything together: connection, headers and body. */
const ANSWER_LIMIT_MS = 10_000

/** More is no answer to anything that is asked here. */
const MAX_ANSWER_BYTES = 1024 * 1024

/** @throws {NoAnswer} if there are no headers in time */
export async function fetchJson(
  url: string,
  init: RequestInit = {},
  { timeoutMs = ANSWER_LIMIT_MS, maxBytes = MAX_ANSWER_BYTES } = {},
): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs)
  const asked = performance.now()
  const faultIn = (error: unknown) => {
    if (error instanceof NoAnswer) return error
    return signal.aborted ? NoAnswer.late(timeoutMs) : new NoAnswer('network', reasonIn(error))
  }
  const response = await fetch(url, { ...init, signal, redirect: 'manual' }).catch((error: unknown) => {
    throw faultIn(error)
  })
  const tookMs = performance.now() - asked
  const body = await textWithin(maxBytes, response.body ?? [], () => NoAnswer.tooLarge(maxBytes)).catch(
    faultIn,
  )
  const isWhole = typeof body === 'string'
  return {
    status: response.status,
    headers: response.headers,
    tookMs,
    json: isWhole ? objectIn(body) : undefined,
    broken: isWhole ? undefined : body,
  }
}

/** `fetch` hides the reason in the cause. */
function reasonIn(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return /^[A-Z_]{3,40}$/.test(code) ? code : 'the connection failed'
}

function objectIn(text: string): JsonObject | undefined {
  const value = jsonIn(text)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
}
