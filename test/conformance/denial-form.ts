// The form of every refusal, whatever its code (protocol §4, RFC 6750 §3).

import { expect } from 'vitest'
import { answerOf } from '../support/protocol-answers.ts'
import type { Answer } from './run-case.ts'

/** Returns the code. */
export function expectDenial({ status, headers, body }: Answer): string {
  expect(headers.get('content-type')).toMatch(/^application\/json\b/)
  expect(headers.get('cache-control')).toBe('no-store')
  const { error, ...texts }: Readonly<Record<string, unknown>> = JSON.parse(body)
  const code = String(error)
  expect({ error, ...texts }).toEqual({
    error: expect.any(String),
    error_description: expect.any(String),
    error_hint: expect.any(String),
    ...(error === 'insufficient_scope' && { scope: expect.stringMatching(/^\S+( \S+)*$/) }),
  })
  expect(status, `status of ${code}`).toBe(answerOf(code).status)
  expectChallenge(code, status, headers.get('www-authenticate'))
  const wait = headers.get('retry-after')
  if (status === 503) expect(wait).toMatch(/^[1-9]\d*$/)
  else expect(wait).toBeNull()
  return code
}

/** What of the challenge depends on the code. 403s that no scope can mend say nothing of scopes. */
function expectChallenge(code: string, status: number, challenge: string | null): void {
  if (status !== 401 && status !== 403) {
    expect(challenge).toBeNull()
    return
  }
  expect(challenge).toMatch(/^Bearer\b(?!.*\bBearer\b)[\x20-\x7e]*$/)
  if (code === 'missing_token') expect(challenge).not.toMatch(/\berror/)
  else if (status === 401) expect(challenge).toContain('error="invalid_token"')
  else if (code === 'insufficient_scope') {
    expect(challenge).toContain('error="insufficient_scope"')
    expect(challenge).toMatch(/\bscope="[^"]+"/)
  } else expect(challenge).not.toMatch(/\b(error|scope|resource_metadata)\b/)
}
