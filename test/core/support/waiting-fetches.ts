// Fetches of the keys that are answered when a test says, and timers that end with their request, as on Workers.

import { afterEach, beforeEach, vi } from 'vitest'
import { aWhile, type Deferred, deferred, later } from './held-clock.ts'
import { scriptedIssuer, verdict } from './scripted-issuer.ts'

export const TIMEOUT_MS = 60_000
export const PATIENCE_MS = TIMEOUT_MS / 4
/** After its time limit, a fetch is waited for a moment more. */
export const LOST_MS = TIMEOUT_MS + 100
export const MAX_AGE_MS = 300_000

const timers: unknown[] = []

/** All requests so far are gone, and their timers with them. */
export function leave(): void {
  for (const timer of timers.splice(0)) clearTimeout(timer as number)
}

/** For every test of the group: a request's timers end with it. */
export function endTimersWithRequests(): void {
  beforeEach(() => {
    // The time limit of a fetch is the only one of this length.
    const setTimer = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (run: () => void, ms: number, ...given: readonly unknown[]) => {
      if (ms === TIMEOUT_MS) return undefined
      const timer = setTimer(run, ms, ...given)
      timers.push(timer)
      return timer
    })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })
}

/** A guard whose first fetch is under way and in the hands of the test, like each later one. */
export async function waiting(cooldownMs = 30_000, maxAgeMs = MAX_AGE_MS) {
  const sts = scriptedIssuer()
  const fetches: Deferred<Response>[] = []
  sts.answer(() => {
    const answer = deferred<Response>()
    fetches.push(answer)
    return answer.promise
  })
  const guard = sts.guard({ keySet: { timeoutMs: TIMEOUT_MS, maxAgeMs, cooldownMs } })
  const first = verdict(guard, await sts.mint({ lifetimeSeconds: 3_600 }))
  await aWhile()
  const answer = async (index: number, keys?: readonly object[]) =>
    fetches[index]?.resolve(Response.json(keys === undefined ? await sts.jwks() : { keys }))
  const fail = (index: number) => fetches[index]?.resolve(new Response('', { status: 500 }))
  const ask = async () => verdict(guard, await sts.mint({ lifetimeSeconds: 3_600 }))
  return { sts, guard, first, answer, fail, ask }
}

/** What was answered so far. */
export function noted(answers: readonly Promise<string>[]): readonly string[] {
  const seen: string[] = []
  for (const answer of answers) void answer.then((text) => seen.push(text))
  return seen
}

export async function afterwards(ms: number): Promise<void> {
  later(ms)
  await aWhile()
}
