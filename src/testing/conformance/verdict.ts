// Compares what came of a situation with what must. An error says both, and quotes no token and no anchor.

import { CaracalConfigError } from '../../decision/errors.ts'
import { ownMember } from '../../lib/own-member.ts'
import { kindOf } from '../../lib/thrown.ts'
import { denialIn, readDenial } from '../denial-form.ts'
import type { Expectation, Members, Situation } from './case.ts'
import { type Answer, HANDLED, type Observation } from './observe.ts'

/** Only these depend on the answer of the store. */
const DECIDED_BY_STORE = ['session_revoked', 'delegation_stale', 'revocation_unavailable']

/** A situation in which the guard can be made. */
export function judge({ gen, expect }: Situation, seen: Observation): void {
  if (seen.refusedToBuild !== undefined) {
    if (!isConfigError(seen.refusedToBuild)) throw unmade(seen.refusedToBuild)
    must(expect.status?.includes(null) === true, 'the guard must be made, and its making was refused')
    return
  }
  if (seen.refusedByPlatform !== undefined) {
    must(expect.outcome === 'reject', 'the runtime has no such request')
    mustAskNobody(seen)
    return
  }
  for (const error of seen.escaped) must(false, `the guard must answer, but it threw ${kindOf(error)}`)
  const headless = gen.request?.method === 'HEAD'
  const codes = seen.answers.map((answer, index) => {
    const code = judgeAnswer(expect, answer, ownMember(seen.events?.[index], 'code'), headless)
    if (code === undefined)
      must(answer.body === (headless ? '' : HANDLED), "the handler's answer must come back unchanged")
    return code
  })
  const admitted = seen.answers.filter(({ status }) => status === 200).length
  must(
    seen.mandates.length === admitted,
    `the handler must run once for each admission: it ran ${seen.mandates.length} times for ${admitted}`,
  )
  must(
    seen.mandates.every((mandate) => Object.isFrozen(mandate)),
    'what the handler gets must be frozen',
  )
  must(!seen.isMixedUp, 'the handler must be given the mandate of its own request')
  judgeRequests(expect, seen, codes)
  if (!Object.hasOwn(gen.config ?? {}, 'onDecision')) judgeEvents(seen)
  mustLeakNothing(seen)
}

/** A guard that must not be made from an object. */
export function judgeRefusal(seen: Observation): Error {
  const error = seen.refusedToBuild
  if (error === undefined)
    throw new Error('The guard must refuse to be made with these options, but it was made')
  if (!isConfigError(error)) throw unmade(error)
  mustAskNobody(seen)
  return error
}

/** The same guard with an options function, whose mistake is found at the first request. */
export function judgeServerError(seen: Observation, error: Error, config: Members): void {
  if (seen.refusedToBuild !== undefined) throw unmade(seen.refusedToBuild)
  for (const escaped of seen.escaped) must(false, `the guard must answer, but it threw ${kindOf(escaped)}`)
  const [answer] = seen.answers
  must(answer?.status === 500, `the answer must be 500 server_error, not ${answer?.status}`)
  if (answer === undefined) return
  must(readDenial(answer).error === 'server_error', 'the code must be server_error')
  must(seen.mandates.length === 0, 'the handler must not run')
  const issues: unknown = ownMember(error, 'issues')
  const details = [error.message, ...(Array.isArray(issues) ? issues.map(String) : []), ...namesIn(config)]
  must(
    !details.some((detail) => answer.body.includes(detail)),
    'no detail of the mistake may be in the answer',
  )
  mustAskNobody(seen)
  mustLeakNothing(seen)
}

/** A guard of any kind says so with an error of this name. Every other error is a fault of whoever makes the guard. */
function isConfigError(error: unknown): error is Error {
  return (
    error instanceof CaracalConfigError || (error instanceof Error && error.name === 'CaracalConfigError')
  )
}

function unmade(error: unknown): Error {
  return new Error('makeHandler failed. To refuse options, it throws a CaracalConfigError', { cause: error })
}

/** The code of a denial, `undefined` if the handler answered. */
function judgeAnswer(
  { outcome, status, error, withinMs }: Expectation,
  answer: Answer,
  eventCode: unknown,
  headless: boolean,
): unknown {
  const came = `${answer.status} ${denialIn(answer.body)?.error ?? ''}`.trim()
  const statuses = status?.filter((each) => each !== null).join(' or ') ?? 'an answer'
  const wanted = error === null ? statuses : `${statuses} ${error.join(' or ')}`
  must(outcome !== 'accept' || answer.status === 200, `it must be admitted, but it was refused: ${came}`)
  must(outcome !== 'reject' || answer.status !== 200, `it must be refused (${wanted}), but it was admitted`)
  must(answer.status !== 500, 'the guard must never answer 500 here')
  must(status === null || status.includes(answer.status), `expected ${wanted}, but it was ${came}`)
  if (withinMs !== undefined) {
    must(
      answer.ms <= withinMs,
      `it must be answered within ${withinMs} ms, but it took ${Math.round(answer.ms)}`,
    )
  }
  if (answer.status === 200) return undefined
  // The body of an answer to HEAD is not sent, so it can be missing.
  const code: unknown = headless && answer.body === '' ? eventCode : readDenial(answer).error
  if (error !== null && code !== undefined) {
    must(
      error.some((each) => each === code),
      `expected ${wanted}, but it was ${came}`,
    )
  }
  if (eventCode !== undefined) must(eventCode === code, 'the event must name the code of the answer')
  return code
}

function judgeRequests(
  { requests, never = [] }: Expectation,
  seen: Observation,
  codes: readonly unknown[],
): void {
  const undecided = codes.every((code) => typeof code === 'string' && !DECIDED_BY_STORE.includes(code))
  if (codes.length > 0 && undecided)
    must(seen.storeRequests === 0, 'a refusal like this must not ask the store')
  const [most, mostKeys] = [requests?.store, requests?.jwks]
  if (most !== undefined) {
    must(
      seen.storeRequests <= most,
      `the store must be asked at most ${most} times, not ${seen.storeRequests}`,
    )
  }
  if (mostKeys !== undefined) {
    const times = seen.keySetRequests
    must(times <= mostKeys, `the key set must be fetched at most ${mostKeys} times, not ${times}`)
  }
  must(
    !never.some((key) => seen.storeKeys.includes(key)),
    'the store was asked for what it must never be asked for',
  )
  must(seen.elsewhereRequests === 0, 'no place that a token or a redirect names may be asked')
}

/** One event for each request, with the same content as the answer. */
function judgeEvents({ answers, events }: Observation): void {
  if (events === undefined) return
  must(events.length === answers.length, `there must be one event for each request, not ${events.length}`)
  for (const [index, { status }] of answers.entries()) {
    const [outcome, told, reason] = ['outcome', 'status', 'reason'].map((name) =>
      ownMember(events[index], name),
    )
    const fits =
      status === 200
        ? outcome === 'admit' || outcome === 'skip'
        : outcome === 'deny' && told === status && typeof reason === 'string'
    must(fits, 'the event must say the same as the answer')
  }
}

function mustLeakNothing({ answers, events = [], secrets }: Observation): void {
  const shown = [
    ...answers.flatMap(({ headers, body }) => [body, ...[...headers].flat()]),
    ...events.map((event) => JSON.stringify(event)),
  ]
  for (const text of shown) {
    must(
      !secrets.some((secret) => text.includes(secret)),
      'a token, an anchor or a key is in an answer or an event',
    )
    must(!/\b\w*Error:|\n\s+at /.test(text), 'an internal message is in an answer or an event')
  }
}

function mustAskNobody(seen: Observation): void {
  must(
    seen.keySetRequests === 0 && seen.storeRequests === 0,
    'neither the key set nor the store may be asked',
  )
}

/** Names of options and texts in them that no general sentence contains by chance. */
function namesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.length >= 6 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  const names = Object.keys(value).filter((name) => /[a-z][A-Z]|_/.test(name))
  return [...names, ...Object.values(value).flatMap(namesIn)]
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(rule)
}
