// Asks the `dev` that the environment names.

import { Failure, UsageError } from './failures.ts'
import { type Answer, fetchJson, type JsonObject, NoAnswer } from './fetch-json.ts'
import { oneLine } from './output.ts'
import { issuerUrl, namedIssuer, variable } from './variables.ts'

/** What `dev` calls itself at `/dev`. */
export const DEV_NAME = 'caracal-edge dev'

/** Sends JSON to a path of `dev`, and gives what it answers. Nothing is sent to what does not say that it is `dev`. */
export async function askDev(path: string, body: object): Promise<JsonObject> {
  const url = issuerUrl()
  const { host } = new URL(url)
  const said = await answerAt(`${url}/dev`)
  if (!isDev(said)) {
    throw new Failure(
      said.status >= 500
        ? `${host} answers ${said.status}, so that it cannot be known whether it is a caracal-edge dev. Try again, or see its log`
        : `${host} is no caracal-edge dev (it answers ${said.status}): only dev does this, and CARACAL_STS_URL names another issuer`,
    )
  }
  const { status, json, broken } = await answerAt(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (status === 200 && json !== undefined) return json
  // Its own words, about what it was asked.
  const words = typeof json?.error === 'string' ? oneLine(json.error) : (broken?.message ?? 'no JSON')
  const message = `the dev at ${host} answers ${status}: ${words}`
  throw status === 400 || status === 404 ? new UsageError(message) : new Failure(message)
}

export function isDev({ status, json }: Answer): boolean {
  return status === 200 && json?.name === DEV_NAME
}

/** Whether dev has done it for the zone that was named, or says for which one. */
export function isOf(answer: JsonObject, zoneId: string | undefined): boolean {
  return zoneId === undefined ? typeof answer.zone === 'string' : answer.zone === zoneId
}

/** @throws {Failure} if nothing answers */
async function answerAt(url: string, init?: RequestInit): Promise<Answer> {
  return fetchJson(url, init).catch((error: unknown) => {
    throw error instanceof NoAnswer ? new Failure(noAnswerText(url, error)) : error
  })
}

export function noAnswerText(url: string, { message }: NoAnswer): string {
  return `nothing answers at ${new URL(url).host} (${message}). Is it running, and is CARACAL_STS_URL right?`
}

/** Whether the database of the environment is the one that the `dev` of the environment serves. */
export function isDevDatabase(): boolean {
  const issuer = namedIssuer()
  return issuer !== undefined && variable('UPSTASH_REDIS_REST_URL') === `${issuer}/redis`
}
