// A look-up that waits for an answer: with a timer of its own, whoever asks for it.

import type { Result } from '../lib/result.ts'

/** The values of keys, `null` where a key has none. */
export type Values = ReadonlyMap<string, string | null>

/** One command under way, which asks for the keys of one look-up or of several. */
export interface Question {
  readonly sentAt: number
  readonly sender: Asker
  /** How many look-ups it is for. */
  readonly askers: number
}

/** How long a look-up waits before it does something itself, in milliseconds. */
export interface Patience {
  /** For others to make room. Then it asks all the same. */
  readonly placeMs: number
  /** After that for the answer to a question of another request, which may be gone. `undefined` where it cannot be. */
  readonly othersMs: number | undefined
  /** Altogether. */
  readonly totalMs: number
}

export class Asker {
  readonly keys: readonly string[]
  /** The question that contains its keys; `undefined` until one is sent. */
  question: Question | undefined
  /** The outcome of that question. */
  outcome: Result<Values, unknown> | undefined
  /** Whether its question was sent by another request and should have been answered by now. */
  isForsaken = false
  isOver = false
  readonly #patience: Patience
  #timer: ReturnType<typeof setTimeout>
  #isWoken = false
  #wake: (() => void) | undefined

  constructor(keys: readonly string[], patience: Patience) {
    this.keys = keys
    this.#patience = patience
    this.#timer = setTimeout(() => this.#endPlace(), patience.placeMs)
  }

  /** Resolves when there may be something to do. Continues as the request that called this, whoever calls `wake`. */
  woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
      if (this.#isWoken) this.wake()
    })
  }

  wake(): void {
    this.#isWoken = this.#wake === undefined
    this.#wake?.()
    this.#wake = undefined
  }

  /** Must be called by the request itself: on Workers, no other can stop its timer. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #endPlace(): void {
    const { placeMs, othersMs, totalMs } = this.#patience
    this.#timer =
      othersMs === undefined
        ? setTimeout(() => this.#endAll(), totalMs - placeMs)
        : setTimeout(() => this.#endOthers(totalMs - placeMs - othersMs), othersMs)
    if (this.question === undefined) this.wake()
  }

  #endOthers(leftMs: number): void {
    this.#timer = setTimeout(() => this.#endAll(), leftMs)
    this.isForsaken = this.question?.sender !== this
    this.wake()
  }

  #endAll(): void {
    this.isOver = true
    this.wake()
  }
}
