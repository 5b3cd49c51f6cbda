// Revocation, expiry, outage, recovery, chunks, and both sides ending in any order: a body ends with a cause, and in
// time, nothing passes afterwards, and nothing is left.

import { AuthorityEndedError } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import fc from 'fast-check'
import { afterAll, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { holdClock } from '../support/held-clock.ts'
import { liveAuthority, STORE_TIMEOUT_MS } from '../support/live-authority.ts'
import { EVENTS, FILE, microtasks, recorded, sourceOf } from '../support/live-body.ts'
import { CLEAN } from '../support/recording-store.ts'

vi.setConfig({ testTimeout: 120_000 })
holdClock()

const LIFETIME_SECONDS = 8

const STORES = {
  clean: () => CLEAN,
  slow: () => new Promise((resolve) => setTimeout(resolve, STORE_TIMEOUT_MS / 2, CLEAN)),
  revoked: () => ({ revoked: true, delegationEpoch: 0 }),
  stale: () => ({ revoked: false, delegationEpoch: 5 }),
  down: () => Promise.reject(new Error('down')),
  hanging: () => new Promise(() => {}),
} as const
type StoreState = keyof typeof STORES

const ON_END = {
  default: undefined,
  text: () => 'data: bye\n\n',
  none: () => undefined,
  throws: () => {
    throw new Error('busy')
  },
  rejects: () => Promise.reject(new Error('busy')) as never,
  number: () => 7 as never,
} as const

const CHUNKS = ['data: 1\n\n', 'data: 1\r\n', '\r\n', 'da', ': ping\n\n'] as const

interface Step {
  readonly does: 'send' | 'store' | 'time' | 'read' | 'cancel' | 'close' | 'fail' | 'until'
  /** Of `send`. */
  readonly chunk: string
  /** Of `store`. */
  readonly becomes: StoreState
  /** Of `time`. */
  readonly ms: number
}

const does = (weight: number, ...kinds: readonly Step['does'][]) => ({
  weight,
  arbitrary: fc.record<Step>({
    does: fc.constantFrom(...kinds),
    chunk: fc.constantFrom(...CHUNKS),
    becomes: fc.constantFrom<StoreState[]>('clean', 'slow', 'revoked', 'stale', 'down', 'hanging'),
    ms: fc.integer({ min: 1, max: 2_500 }),
  }),
})

const steps = fc.array(
  fc.oneof(
    does(6, 'send'),
    does(6, 'read'),
    does(5, 'time'),
    does(4, 'store'),
    does(1, 'cancel', 'close', 'fail', 'until'),
  ),
  { minLength: 1, maxLength: 25 },
)

/** Each step either lets promises run first, or comes in the same turn as the one before. */
const turns = fc.array(fc.boolean(), { minLength: 25, maxLength: 25 })

const settings = fc.record({
  isEvents: fc.boolean(),
  onEnd: fc.constantFrom(...(Object.keys(ON_END) as (keyof typeof ON_END)[])),
  interval: fc.constantFrom(undefined, 100, 1_000),
  graceMs: fc.constantFrom(undefined, 0, 1_500),
  cancellation: fc.constantFrom('prompt', 'hanging', 'failing'),
})

const seen = new Set<string>()

afterAll(() => {
  const all = ['by authority', 'by client', 'by source', 'by source error', 'goes on', 'until']
  if (numRuns(20).numRuns === 20) expect([...seen].sort()).toEqual(all)
})

/** What the client has got, and how it ended. */
interface Got {
  text: string
  end: 'open' | 'closed' | 'errored' | 'cancelled'
  error: unknown
}

it('a body ends for a cause, and nothing passes after that', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const property = fc.asyncProperty(steps, turns, settings, async (history, waits, setting) => {
    vi.clearAllTimers()
    const { authority, answers, asked, events } = await liveAuthority({}, LIFETIME_SECONDS)
    const { watched, signals, count, listeners } = recorded(authority)
    const until = new AbortController()
    count(until.signal)
    const source = sourceOf(() => {
      if (setting.cancellation === 'hanging') return new Promise(() => {})
      if (setting.cancellation === 'failing') throw new Error('busy')
      return undefined
    })
    const onEnd = ON_END[setting.onEnd]
    const live = liveResponse(
      new Response(source.stream as ReadableStream, setting.isEvents ? EVENTS : FILE),
      watched,
      {
        until: until.signal,
        ...(onEnd !== undefined && { onEnd }),
        ...(setting.interval !== undefined && { recheckEveryMs: setting.interval }),
        ...(setting.interval !== undefined && setting.graceMs !== undefined && { graceMs: setting.graceMs }),
      },
    )
    const [signal] = signals
    const reader = live.body?.getReader()
    if (signal === undefined || reader === undefined) throw new Error('There is no signal, or no body.')

    const got: Got = { text: '', end: 'open', error: undefined }
    const sent: string[] = []
    const did = { cancel: false, close: false, fail: false }
    const failure = new Error('broken')
    /** What the client had when the signal had fired and all promises had run. */
    let atEnd: string | undefined
    const decoder = new TextDecoder()
    const read = () =>
      reader.read().then(
        ({ done, value }) => {
          if (!done) got.text += decoder.decode(value)
          else if (got.end === 'open') got.end = did.cancel ? 'cancelled' : 'closed'
        },
        (error: unknown) => {
          if (got.end === 'open') Object.assign(got, { end: 'errored', error })
        },
      )
    const isSourceOver = () => did.close || did.fail || did.cancel || source.cancelled.length > 0
    const act = async (step: Step) => {
      if (step.does === 'store') answers(STORES[step.becomes])
      else if (step.does === 'time') await vi.advanceTimersByTimeAsync(step.ms)
      else if (step.does === 'read') read()
      else if (step.does === 'until') until.abort()
      else if (step.does === 'cancel') {
        did.cancel = true
        reader.cancel('gone').catch(() => {})
      } else if (isSourceOver()) return
      else if (step.does === 'close') {
        did.close = true
        source.close()
      } else if (step.does === 'fail') {
        did.fail = true
        source.fail(failure)
      } else {
        sent.push(step.chunk)
        source.send(step.chunk)
      }
    }
    for (const [index, step] of history.entries()) {
      if (waits[index]) await microtasks()
      await act(step)
      if (signal.aborted && atEnd === undefined) {
        await microtasks()
        // At most what a read in the queue of the stream has still to take: the last event.
        atEnd = got.text
        expect(source.cancelled.length + Number(did.close) + Number(did.fail)).toBeGreaterThan(0)
      }
    }
    await microtasks()
    for (let times = 0; times < 60; times++) read()
    await microtasks()

    const reason: unknown = signal.aborted ? signal.reason : undefined
    const code = reason instanceof AuthorityEndedError ? reason.denial.code : undefined
    const whole = sent.join('')
    const last = setting.isEvents && code !== undefined ? lastOf(setting.onEnd, code) : ''
    if (got.end === 'errored' && got.error instanceof AuthorityEndedError) {
      expect([setting.isEvents, got.error]).toEqual([false, reason])
      expect(whole.startsWith(got.text)).toBe(true)
      seen.add('by authority')
    } else if (got.end === 'errored') {
      expect([did.fail, got.error]).toEqual([true, failure])
      seen.add('by source error')
    } else if (got.end === 'cancelled') {
      expect(did.cancel).toBe(true)
      seen.add('by client')
    } else if (got.end === 'closed' && code !== undefined) {
      // Closed by the authority, or by the source before: then all of it has arrived.
      const isWhole = did.close && got.text === whole
      const parts = [...Array(sent.length + 1).keys()].map((length) => sent.slice(0, length).join(''))
      const before = parts.filter((part) => got.text === part || (last !== '' && got.text === part + last))
      expect(isWhole || (setting.isEvents && before.length > 0)).toBe(true)
      if (got.text.endsWith(last) && last !== '') {
        const normal = got.text.slice(0, -last.length).replaceAll('\r\n', '\n')
        expect(normal === '' || /[\r\n]{2}$/.test(normal) || normal === '\n').toBe(true)
      }
      if (atEnd !== undefined && !isWhole) expect([atEnd, atEnd + last]).toContain(got.text)
      seen.add('by authority')
    } else if (got.end === 'closed') {
      expect([did.close, got.text]).toEqual([true, whole])
      seen.add('by source')
    } else {
      expect([signal.aborted, did.cancel]).toEqual([false, false])
      seen.add(until.signal.aborted ? 'until' : 'goes on')
    }
    if (got.end === 'open') {
      expect(Date.now() < authority.mandate.expiresAt * 1000 || until.signal.aborted).toBe(true)
      // Not waited for: it may hang.
      reader.cancel('end').catch(() => {})
    }
    // Nothing is left, and nothing follows.
    await microtasks()
    expect(listeners()).toBe(0)
    const before = [asked(), events.length]
    expect(events.length).toBe(signal.aborted ? 1 : 0)
    await vi.advanceTimersByTimeAsync(2 * STORE_TIMEOUT_MS)
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(LIFETIME_SECONDS * 1000)
    expect([asked(), events.length]).toEqual(before)
  })
  await fc.assert(property, numRuns(1_000))
  log.mockRestore()
})

function lastOf(onEnd: keyof typeof ON_END, code: string): string {
  if (onEnd === 'default') return `event: caracal-end\ndata: {"code":"${code}"}\n\n`
  return onEnd === 'text' ? 'data: bye\n\n' : ''
}
