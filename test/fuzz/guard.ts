// Sends one request through a real guard, and checks what must be true of every answer.

import { type CaracalOptions, type DecisionEvent, type Mandate, mandateOf, withCaracal } from 'caracal-edge'
import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest'
import { readDenial } from '../../src/testing/denial-form.ts'
import type { Answer } from './model.ts'

/** Part of every value that no answer, denial event or log line may contain. */
export const SECRET = 'hunter2'

const LOGS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const
let logs: readonly MockInstance[] = []

/** For every test of the file: nothing is logged, and the clock stands still until it is moved. */
export function watchTheGuard(now = 1_800_000_000): void {
  beforeEach(() => {
    logs = LOGS.map((method) => vi.spyOn(console, method).mockReturnValue())
    vi.useFakeTimers({ toFake: ['Date'], now: now * 1000 })
  })
  afterEach(() => {
    vi.useRealTimers()
    for (const log of logs) log.mockRestore()
  })
}

export interface Guard {
  /** The code of the refusal, or `'admit'` where the handler ran. */
  answer(authorization: string | null, path?: string, method?: string): Promise<Answer>
  /** What the handler was given last. */
  readonly mandate: Mandate | undefined
}

export function guardWith(options: CaracalOptions): Guard {
  const events: DecisionEvent[] = []
  const mandates: Mandate[] = []
  const guarded = withCaracal(
    (request, { caracal }) => {
      expect(caracal, 'the mandate in the context').toBeDefined()
      expect(mandateOf(request)).toBe(caracal)
      if (caracal !== undefined) mandates.push(caracal)
      return new Response('handled')
    },
    { ...options, onDecision: (event) => events.push(event) },
  )
  return {
    async answer(authorization, path = '/', method = 'GET') {
      const handled = mandates.length
      const response = await guarded(requestWith(authorization, path, method))
      const text = await response.text()
      const { status, headers } = response
      const code =
        text === 'handled' && status === 200 ? 'admit' : readDenial({ status, headers, body: text }).error
      const event = events.at(-1)
      expect(mandates.length - handled, 'how often the handler ran').toBe(code === 'admit' ? 1 : 0)
      expect(event?.outcome === 'deny' ? event.code : event?.outcome).toBe(code)
      expectSilence(authorization, text, [...headers], event)
      return code as Answer
    },
    get mandate() {
      return mandates.at(-1)
    },
  }
}

function expectSilence(authorization: string | null, ...told: readonly unknown[]): void {
  const [text, headers, event] = told.map((one) => JSON.stringify(one))
  const parts = (authorization ?? '').split(/[ .,]/).filter((part) => part.length > 12)
  for (const part of parts) expect(`${text}${headers}${event}`).not.toContain(part)
  expect(`${text}${headers}`).not.toContain(SECRET)
  // After a verified signature, a denial says whose mandate it was, and which key signed it. An outage says which host was asked, and what the
  // developer's own fetch threw, in quotes.
  const unnamed = event
    ?.replaceAll(/"(?:sub|clientId|zoneId|jti|keyId)":"(?:[^"\\]|\\.)*"/g, '')
    .replaceAll(/\bsts\.[\w.]+|\\"[^"]*\\"/g, '')
  if (!event?.includes('"admit"')) expect(unnamed).not.toContain(SECRET)
  for (const log of logs) expect(log).not.toHaveBeenCalled()
}

/** A real request, unless its headers would not carry the text as it is: then an object that stands in for one. */
function requestWith(authorization: string | null, path: string, method: string): Request {
  const url = `http://api.test${path}`
  const request = new Request(url, { method })
  try {
    if (authorization !== null) request.headers.set('authorization', authorization)
  } catch {
    // No header can hold that text. A stand-in can.
  }
  if (request.headers.get('authorization') === authorization) return request
  return { url, method, headers: { get: () => authorization } } as unknown as Request
}
