// Compares the results with the required outcome of a situation.

import { CaracalConfigError } from 'caracal-edge'
import { expect } from 'vitest'
import type { Expectation, Members, Situation } from './catalogue.ts'
import { expectDenial } from './denial-form.ts'
import { type Answer, HANDLED, type Observation } from './run-case.ts'

/** Only these depend on the answer of the store. */
const DECIDED_BY_STORE = ['session_revoked', 'delegation_stale', 'revocation_unavailable']

/** A situation in which the guard can be built. */
export function expectOutcome({ gen, expect: expected }: Situation, seen: Observation): void {
  if (seen.refusedToBuild !== undefined) {
    expect(seen.refusedToBuild, 'what building threw').toBeInstanceOf(CaracalConfigError)
    expect(expected.status ?? [], 'building was refused').toContain(null)
    return
  }
  if (seen.refusedByPlatform !== undefined) {
    expect(expected.outcome, `the runtime has no such request: ${seen.refusedByPlatform}`).toBe('reject')
    expectNoRequests(seen)
    return
  }
  const headless = gen.request?.method === 'HEAD'
  expect(seen.escaped, 'exceptions').toEqual([])
  expect(seen.answers).toHaveLength(gen.repeat ?? 1)
  for (const [index, answer] of seen.answers.entries()) {
    const code = expectAnswer(expected, answer, seen.events[index]?.code, headless)
    if (code === undefined) expect(answer.body, 'the answer of the handler').toBe(headless ? '' : HANDLED)
  }
  expectHandlerRuns(seen)
  expectRequests(expected, seen)
  if (!('onDecision' in (gen.config ?? {}))) expectEvents(seen)
  expectNoSecrets(seen)
}

/** A guard that must not be built from an object. */
export function expectRefusedToBuild(seen: Observation): asserts seen is Observation & {
  refusedToBuild: CaracalConfigError
} {
  expect(seen.refusedToBuild, 'what building threw').toBeInstanceOf(CaracalConfigError)
  expectNoRequests(seen)
}

/** The same guard with an options function, whose mistake is found at the first request. */
export function expectServerError(seen: Observation, error: CaracalConfigError, config: Members = {}): void {
  expect(seen.refusedToBuild, 'what building threw').toBeUndefined()
  expect(seen.escaped, 'exceptions').toEqual([])
  const [answer] = seen.answers
  expect(answer?.status).toBe(500)
  if (answer === undefined) return
  expect(expectDenial(answer)).toBe('server_error')
  expect(seen.mandates, 'runs of the handler').toEqual([])
  for (const detail of [error.message, ...error.issues, ...namesIn(config)]) {
    expect(answer.body, 'details in the answer').not.toContain(detail)
  }
  expectNoRequests(seen)
  expectNoSecrets(seen)
}

/** The code of a denial, undefined if the handler answered. */
function expectAnswer(expected: Expectation, answer: Answer, eventCode: unknown, headless: boolean): unknown {
  const { outcome, status, error, withinMs } = expected
  const about = `${answer.status} ${answer.body.slice(0, 200)}`
  expect(answer.status, about).not.toBe(500)
  if (status !== null) expect(status, about).toContain(answer.status)
  if (outcome === 'accept') expect(answer.status, about).toBe(200)
  if (outcome === 'reject') expect(answer.status, about).not.toBe(200)
  if (withinMs !== undefined) expect(answer.ms, 'milliseconds').toBeLessThanOrEqual(withinMs)
  if (answer.status === 200) return undefined
  // The body of an answer to HEAD is not sent, so it can be missing.
  const code = headless && answer.body === '' ? eventCode : expectDenial(answer)
  if (error !== null) expect(error, about).toContain(code)
  if (eventCode !== undefined) expect(eventCode, 'code in the event').toBe(code)
  return code
}

/** Once for every admitted request, with a mandate that cannot be changed. */
function expectHandlerRuns({ answers, mandates }: Observation): void {
  expect(mandates, 'runs of the handler').toHaveLength(answers.filter(({ status }) => status === 200).length)
  for (const mandate of mandates) expect(Object.isFrozen(mandate), 'the mandate is frozen').toBe(true)
}

function expectRequests({ requests, never = [] }: Expectation, seen: Observation): void {
  const codes = seen.events.map(({ code }) => code)
  const undecided = codes.every((code) => typeof code === 'string' && !DECIDED_BY_STORE.includes(code))
  if (codes.length > 0 && undecided) expect(seen.storeRequests, 'requests to the store').toBe(0)
  if (requests?.jwks !== undefined) {
    expect(seen.keySetRequests, 'requests to the key set').toBeLessThanOrEqual(requests.jwks)
  }
  if (requests?.store !== undefined) {
    expect(seen.storeRequests, 'requests to the store').toBeLessThanOrEqual(requests.store)
  }
  for (const key of never) expect(seen.storeKeys).not.toContain(key)
  expect(seen.elsewhereRequests, 'requests to a place that a token or a redirect names').toBe(0)
}

/** One event for each request, with the same content as the answer. */
function expectEvents({ answers, events }: Observation): void {
  expect(events, 'events').toHaveLength(answers.length)
  for (const [index, { status }] of answers.entries()) {
    const event = events[index]
    if (status === 200) expect(['admit', 'skip']).toContain(event?.outcome)
    else expect(event).toMatchObject({ outcome: 'deny', status, reason: expect.any(String) })
  }
}

function expectNoSecrets({ answers, events, secrets }: Observation): void {
  const shown = [
    ...answers.flatMap(({ headers, body }) => [body, ...[...headers].flat()]),
    ...events.map((event) => JSON.stringify(event)),
  ]
  for (const text of shown) {
    const leaked = secrets.filter((secret) => text.includes(secret))
    expect(leaked, `secrets in ${text.slice(0, 500)}`).toEqual([])
    expect(text, 'an internal message').not.toMatch(/\b\w*Error:|\n\s+at /)
  }
}

function expectNoRequests(seen: Observation): void {
  expect(seen.keySetRequests, 'requests to the key set').toBe(0)
  expect(seen.storeRequests, 'requests to the store').toBe(0)
}

/** Names of options and strings in them that no general sentence contains by chance. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 6 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  const names = Object.keys(value).filter((name) => /[a-z][A-Z]|_/.test(name))
  return [...names, ...Object.values(value).flatMap(namesIn)]
}
