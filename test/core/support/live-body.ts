// The source of a body that a test controls, a client that reads it, and what is left of a watch.

import type { Authority, AuthoritySignalOptions } from 'caracal-edge'
import { vi } from 'vitest'

export const bytes = (text: string) => new TextEncoder().encode(text)

export interface Source {
  readonly stream: ReadableStream<unknown>
  send(chunk: unknown): void
  close(): void
  fail(error: unknown): void
  /** With which reasons it was cancelled. */
  readonly cancelled: readonly unknown[]
  /** How many chunks were asked for. */
  asked(): number
}

/** It sends nothing by itself. */
export function sourceOf(onCancel: () => unknown = () => {}): Source {
  let controller: ReadableStreamDefaultController<unknown> | undefined
  const cancelled: unknown[] = []
  let asked = 0
  const stream = new ReadableStream<unknown>(
    {
      start(given) {
        controller = given
      },
      pull() {
        asked++
      },
      cancel(reason) {
        cancelled.push(reason)
        return onCancel() as undefined
      },
    },
    { highWaterMark: 0 },
  )
  return {
    stream,
    cancelled,
    asked: () => asked,
    send: (chunk) => controller?.enqueue(typeof chunk === 'string' ? bytes(chunk) : chunk),
    close: () => controller?.close(),
    fail: (error) => controller?.error(error),
  }
}

export const EVENTS = { headers: { 'content-type': 'text/event-stream' } }
export const FILE = { headers: { 'content-type': 'application/octet-stream' } }

/** A client that has read all there is. */
export interface Client {
  text(): string
  chunks(): number
  /** `open`, `closed`, or what it was errored with. */
  end(): unknown
  cancel(reason: unknown): Promise<void>
}

export function clientOf(response: Response): Client {
  const reader = response.body?.getReader()
  if (reader === undefined) throw new Error('There is no body.')
  let text = ''
  let chunks = 0
  let end: unknown = 'open'
  const decoder = new TextDecoder()
  const readAll = async () => {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      chunks++
      text += decoder.decode(value, { stream: true })
    }
  }
  readAll().then(
    () => {
      end = 'closed'
    },
    (error: unknown) => {
      end = error
    },
  )
  return { text: () => text, chunks: () => chunks, end: () => end, cancel: (reason) => reader.cancel(reason) }
}

/** The same authority, which remembers its signals and how many listeners they have. */
export function recorded(authority: Authority) {
  const signals: AbortSignal[] = []
  const asked: AuthoritySignalOptions[] = []
  let listeners = 0
  const count = (signal: AbortSignal) => {
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)]
    const known = new Set<unknown>()
    vi.spyOn(signal, 'addEventListener').mockImplementation((type, listener, options) => {
      if (!known.has(listener)) listeners++
      known.add(listener)
      add(type, listener, options)
    })
    vi.spyOn(signal, 'removeEventListener').mockImplementation((type, listener, options) => {
      if (known.delete(listener)) listeners--
      remove(type, listener, options)
    })
    return signal
  }
  const watched: Authority = {
    mandate: authority.mandate,
    meets: (requirements) => authority.meets(requirements),
    recheck: () => authority.recheck(),
    signal(options = {}) {
      asked.push(options)
      const signal = count(authority.signal(options))
      signals.push(signal)
      return signal
    },
  }
  return { watched, signals, asked, count, listeners: () => listeners }
}

/** Lets everything run that waits for nothing but promises. */
export async function microtasks(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
