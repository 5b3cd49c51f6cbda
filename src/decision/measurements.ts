// What is measured of one decision. There is one only where somebody listens: nothing is measured for nobody.

type Interval = 'keysMs' | 'signatureMs' | 'storeMs'

/** `undefined` where nobody listens. */
export type Measured = Measurements | undefined

export class Measurements {
  /** The id of the key that verified the signature, now or before. */
  keyId: string | undefined
  signatureRemembered: boolean | undefined
  keysMs: number | undefined
  signatureMs: number | undefined
  storeMs: number | undefined
  /** How many look-ups shared the question to the store. */
  batchSize: number | undefined
  readonly #startedAt = now()
  #interval: Interval | undefined
  #since = 0

  /** Begins an interval. It ends with `end`, or with the decision: what fails ends the decision. */
  begin(interval: Interval): void {
    this.#interval = interval
    this.#since = now()
  }

  end(): void {
    const interval = this.#interval
    if (interval === undefined) return
    this[interval] = (this[interval] ?? 0) + now() - this.#since
    this.#interval = undefined
  }

  /** @param isRemembered whether the signature was known to be good. With several verifiers, whether all knew it. */
  verified(keyId: string | undefined, isRemembered: boolean): void {
    this.keyId = keyId
    this.signatureRemembered = isRemembered && this.signatureRemembered !== false
  }

  /** What one of several verifiers refuses, none has verified. */
  unverified(): void {
    this.keyId = undefined
    this.signatureRemembered = undefined
  }

  /** Ends the decision. @returns how long it took */
  total(): number {
    this.end()
    return now() - this.#startedAt
  }
}

/** Finer than `Date.now()`, and never set back. On Workers it moves with I/O only. */
function now(): number {
  return performance.now()
}
