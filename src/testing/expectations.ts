// What a test expects of an answer or a decision, without a test framework: an error says what came and what to do.

import type { Decision, Denial, DenialCode } from '../decision/decision.ts'
import { isObject, ownMember } from '../lib/own-member.ts'
import { typeOf } from '../lib/type-of.ts'
import type { Mandate } from '../mandate.ts'
import { type DenialBody, denialIn, readDenial } from './denial-form.ts'
import { isDenialCode, STATUS_OF } from './protocol-answers.ts'

/**
 * Expects that a guard has refused, with this code and in the form of the protocol (§4): status, JSON body, challenge,
 * `Retry-After`, `Cache-Control`. Give it the response of a guarded handler, or the decision of a verifier. It reads a
 * copy of the response: its body can still be read.
 *
 * @returns the body of the response; for a decision, the denial
 * @throws {Error} (rejects) saying what was expected, what came, and what to do
 * @throws {TypeError} (rejects) if it is given anything else, or a code that the protocol does not have
 * @example
 * ```ts
 * const response = await guarded(new Request('https://api.test/payouts', { headers: { authorization } }))
 * const { scope } = await expectDenied(response, 'insufficient_scope')
 * ```
 */
export async function expectDenied(came: Decision, code: DenialCode): Promise<Denial>
export async function expectDenied(came: Response, code: DenialCode): Promise<DenialBody>
export async function expectDenied(
  came: Response | Decision,
  code: DenialCode,
): Promise<DenialBody | Denial> {
  if (!isDenialCode(code)) {
    const codes = Object.keys(STATUS_OF).join(', ')
    throw new TypeError(`expectDenied takes a code of the protocol as its second argument: ${codes}`)
  }
  const expected = `Expected a refusal with ${code} (${STATUS_OF[code]})`
  if (came instanceof Response) {
    const answer = await readCopy(came, expected)
    const found = denialIn(answer.body)
    if (found === undefined) throw new Error(`${expected}, but ${notRefused(answer.status)}`)
    if (found.error !== code)
      throw new Error(`${expected}, but it was refused with ${told(found.error, answer.body)}`)
    return readDenial(answer)
  }
  const decision = decisionOr('expectDenied', came)
  if (decision.outcome !== 'deny')
    throw new Error(`${expected}, but the decision is ${decision.outcome}. ${LOOSEN}`)
  if (decision.code === code) return decision
  throw new Error(`${expected}, but the denial is ${decision.code} (${decision.reason}). ${decision.hint}`)
}

/**
 * Expects that no guard has refused: the response is the handler's, or the decision is `admit`. An answer with 401,
 * 403, 500 or 503 is never taken for an admission, also if the handler made it itself. The refusals of `guardMcp` with
 * another status (400, 404, 405, 413, 415) are taken for answers of the MCP server, which has the same: expect the
 * status that you want.
 *
 * @returns the response, unread; for a decision, the mandate
 * @throws {Error} (rejects) saying why it was refused, and what to do
 * @throws {TypeError} (rejects) if it is given anything else
 * @example
 * ```ts
 * const response = await expectAdmitted(await guarded(request))
 * const mandate = await expectAdmitted(await verifier.authorize(request))
 * ```
 */
export async function expectAdmitted(came: Decision): Promise<Mandate>
export async function expectAdmitted(came: Response): Promise<Response>
export async function expectAdmitted(came: Response | Decision): Promise<Response | Mandate> {
  const expected = 'Expected an admission'
  if (came instanceof Response) {
    if (![101, ...Object.values(STATUS_OF)].includes(came.status)) return came
    const { status, body } = await readCopy(came, expected)
    const found = denialIn(body)
    if (found !== undefined)
      throw new Error(`${expected}, but it was refused with ${told(found.error, body)}`)
    throw new Error(
      `${expected}, but the answer is a ${status} without a code of the protocol. If the handler answers so, ` +
        'expect its answer instead',
    )
  }
  const decision = decisionOr('expectAdmitted', came)
  if (decision.outcome === 'admit') return decision.mandate
  if (decision.outcome === 'skip') {
    throw new Error(
      `${expected}, but the path is excluded: nothing was verified. Take it out of exclude, or use another path`,
    )
  }
  throw new Error(
    `${expected}, but it was refused with ${decision.code} (${decision.reason}). ${decision.hint}`,
  )
}

const LOOSEN = 'Make the mandate differ from a valid one, or require more of it'

function notRefused(status: number): string {
  return status < 400
    ? `the request was admitted: ${status}. ${LOOSEN}`
    : `the answer is a ${status} without a code of the protocol. Something other than the guard made it: the handler, or a framework's error page`
}

/** The code, and the advice of the guard, which quotes nothing of the request. */
function told(code: DenialCode, body: string): string {
  const answer: unknown = JSON.parse(body)
  const [hint, scope] = [ownMember(answer, 'error_hint'), ownMember(answer, 'scope')]
  const needed = typeof scope === 'string' ? `, where scope is "${scope}"` : ''
  return `${code} (${STATUS_OF[code]})${needed}${typeof hint === 'string' ? `. ${hint}` : ''}`
}

async function readCopy(response: Response, expected: string) {
  const { status, headers } = response
  if (status === 101) {
    throw new Error(
      `${expected}, but the answer is 101: a WebSocket, which tells by its close code whether it was refused. ` +
        "Set websocketDenial: 'http' in the test, or wait for the close event",
    )
  }
  if (response.bodyUsed) {
    throw new Error(
      `${expected}, but the body of the response has been read: call this first, it reads a copy`,
    )
  }
  return { status, headers, body: await response.clone().text() }
}

function decisionOr(name: string, came: unknown): Decision {
  if (isDecision(came)) return came
  const advice = isObject(came) && typeof Reflect.get(came, 'then') === 'function' ? ': await it first' : ''
  throw new TypeError(`${name} takes a Response, or the decision of a verifier, not ${typeOf(came)}${advice}`)
}

function isDecision(came: unknown): came is Decision {
  const outcome = ownMember(came, 'outcome')
  return outcome === 'admit' || outcome === 'deny' || outcome === 'skip'
}
