// Asks the `dev` that the environment names.

import { Failure, UsageError } from './failures.ts'
import { jsonIn } from './json.ts'
import { oneLine } from './output.ts'
import { issuerUrl, namedIssuer, variable } from './variables.ts'

const ANSWER_LIMIT_MS = 10_000

export type Answer = Readonly<Record<string, unknown>>

/** Sends JSON to a path of `dev`, and gives what it answers. */
export async function askDev(path: string, body: object): Promise<Answer> {
  const url = issuerUrl()
  const host = new URL(url).host
  const { status, json } = await fetchJson(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  const error = json?.error
  if (status === 200 && json !== undefined) return json
  // Its own words, about what it was asked.
  if (typeof error === 'string' && (status === 400 || status === 404))
    throw new UsageError(`${host}: ${oneLine(error)}`)
  throw new Failure(
    `${host} is no caracal-edge dev (it answers ${status}): only dev does this, and CARACAL_STS_URL names another issuer`,
  )
}

/** Whether the database of the environment is the one that the `dev` of the environment serves. */
export function isDevDatabase(): boolean {
  const issuer = namedIssuer()
  return issuer !== undefined && variable('UPSTASH_REDIS_REST_URL') === `${issuer}/redis`
}

/** @throws {Failure} if nothing answers */
export async function fetchJson(url: string, init: RequestInit = {}) {
  const { host } = new URL(url)
  const signal = AbortSignal.timeout(ANSWER_LIMIT_MS)
  const response = await fetch(url, { ...init, signal, redirect: 'manual' }).catch((error: unknown) => {
    const why =
      error instanceof Error && error.name === 'TimeoutError'
        ? `within ${ANSWER_LIMIT_MS / 1000} seconds`
        : reasonIn(error)
    throw new Failure(`nothing answers at ${host} (${why}). Is it running, and is CARACAL_STS_URL right?`)
  })
  return {
    status: response.status,
    headers: response.headers,
    json: objectIn(await textOf(response).catch(() => '')),
  }
}

/** More is no answer to anything that is asked here. */
const MAX_ANSWER_BYTES = 1024 * 1024

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** `fetch` hides the reason in the cause. */
function reasonIn(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'the connection failed'
}

function objectIn(text: string): Answer | undefined {
  const value = jsonIn(text)
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
}
