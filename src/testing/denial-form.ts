// The form of every refusal, whatever its code (protocol §4, RFC 6750 §3): what a received answer does otherwise.

import type { DenialCode } from '../decision/decision.ts'
import { isObject, ownMember } from '../lib/own-member.ts'
import { answerOf, isDenialCode } from './protocol-answers.ts'

/** An answer whose body has been read. */
export interface ReadAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** What the body of a refusal says. `scope` comes with `insufficient_scope` only. */
export interface DenialBody {
  readonly error: DenialCode
  readonly error_description: string
  readonly error_hint: string
  readonly scope?: string
}

/** The body of a refusal, or `undefined` where a body is not JSON with one of the protocol's codes. */
export function denialIn(body: string): { readonly error: DenialCode } | undefined {
  const error = ownMember(parsed(body), 'error')
  return isDenialCode(error) ? { error } : undefined
}

/**
 * Reads a refusal whose form is the protocol's.
 * @throws {Error} naming what is wrong with its form. It quotes nothing of the answer but statuses and codes.
 */
export function readDenial({ status, headers, body }: ReadAnswer): DenialBody {
  const json = parsed(body)
  if (!isObject(json)) {
    throw new Error(`A refusal has a JSON object as its body, and this one (${status}) has not`)
  }
  const error = ownMember(json, 'error')
  if (!isDenialCode(error)) throw new Error(`The body of a refusal names a code of the protocol in "error"`)
  const expected = answerOf(error)
  must(status === expected.status, `${error} has status ${expected.status}, not ${status}`)
  must(/^application\/json\b/.test(headers.get('content-type') ?? ''), 'the Content-Type is application/json')
  must(headers.get('cache-control') === 'no-store', 'the Cache-Control is no-store')
  const texts = ['error_description', 'error_hint']
  const names = ['error', ...texts, ...(error === 'insufficient_scope' ? ['scope'] : [])]
  must(
    Object.keys(json).sort().join() === names.sort().join(),
    `the members of the body are ${names.sort().join(', ')}`,
  )
  const [error_description, error_hint, scope] = [...texts, 'scope'].map((name) => ownMember(json, name))
  if (typeof error_description !== 'string' || typeof error_hint !== 'string') {
    throw new Error(
      `A refusal is not in the form of the protocol: error_description and error_hint are texts`,
    )
  }
  checkChallenge(error, status, headers.get('www-authenticate'))
  const wait = headers.get('retry-after')
  if (status === 503) must(/^[1-9]\d*$/.test(wait ?? ''), 'a 503 has Retry-After with a number of seconds')
  else must(wait === null, 'only a 503 has Retry-After')
  if (error !== 'insufficient_scope') return { error, error_description, error_hint }
  if (typeof scope === 'string' && /^\S+( \S+)*$/.test(scope)) {
    return { error, error_description, error_hint, scope }
  }
  throw new Error(
    'A refusal is not in the form of the protocol: "scope" lists all scopes that the route needs',
  )
}

/** What of the challenge depends on the code. A 403 that no scope can mend says nothing of scopes. */
function checkChallenge(code: DenialCode, status: number, challenge: string | null): void {
  if (status !== 401 && status !== 403) {
    must(challenge === null, `a ${status} has no WWW-Authenticate`)
    return
  }
  must(challenge !== null, `a ${status} has a challenge, WWW-Authenticate: Bearer …`)
  const text = challenge ?? ''
  must(/^Bearer\b(?!.*\bBearer\b)[\x20-\x7e]*$/.test(text), 'the challenge is one for Bearer, in ASCII')
  if (code === 'missing_token') must(!/\berror/.test(text), 'the challenge of missing_token has no error')
  else if (status === 401)
    must(text.includes('error="invalid_token"'), 'the challenge has error="invalid_token"')
  else if (code === 'insufficient_scope') {
    must(text.includes('error="insufficient_scope"'), 'the challenge has error="insufficient_scope"')
    must(/\bscope="[^"]+"/.test(text), 'the challenge lists all scopes that the route needs')
  } else
    must(
      !/\b(error|scope|resource_metadata)\b/.test(text),
      `the challenge of ${code} names no error and no scope`,
    )
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`A refusal is not in the form of the protocol: ${rule}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
