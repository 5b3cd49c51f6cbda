// Reads keys with one MGET for all look-ups that wait at the same time. No answer serves a look-up that came after its
// question was sent, and nothing is remembered.

import { RevocationUnavailableError } from '../decision/errors.ts'
import type { Measurements } from '../decision/measurements.ts'
import { isWithin } from '../lib/clock.ts'
import { type IoSharing, ioSharing } from '../lib/io-sharing.ts'
import {
  MAX_PLACE_WAIT_MS,
  MAX_QUESTION_CHARACTERS,
  MAX_QUESTION_KEYS,
  MAX_QUESTIONS_UNDER_WAY,
} from '../lib/limits.ts'
import { ownMember } from '../lib/own-member.ts'
import { failure, success } from '../lib/result.ts'
import { Asker, type Patience, type Question, type Values } from './asker.ts'
import type { SendCommand } from './command.ts'

export class SharedQuestions {
  readonly #send: SendCommand
  readonly #sharing: IoSharing
  readonly #patience: Patience
  readonly #waiting = new Set<Asker>()
  readonly #underWay = new Set<Question>()
  #isOffered = false

  /** @param timeoutMs the limit for a look-up altogether. `send` must have a limit of its own. */
  constructor(send: SendCommand, timeoutMs: number) {
    this.#send = send
    this.#sharing = ioSharing()
    this.#patience = {
      placeMs: Math.min(MAX_PLACE_WAIT_MS, timeoutMs / 4),
      othersMs: this.#sharing === 'by_request' ? timeoutMs / 4 : undefined,
      totalMs: timeoutMs,
    }
  }

  /**
   * @param keys all different
   * @throws {RevocationUnavailableError} (rejects) if there is no answer in time, or not one value for each key
   */
  async valuesOf(keys: readonly string[], measured?: Measurements): Promise<Values> {
    if (this.#sharing === 'none') {
      if (measured !== undefined) measured.batchSize = 1
      return this.#askFor(keys)
    }
    const asker = new Asker(keys, this.#patience)
    this.#waiting.add(asker)
    this.#offerPlace(asker)
    try {
      for (;;) {
        await asker.woken()
        if (asker.outcome?.ok === true) return asker.outcome.value
        if (asker.outcome?.ok === false) throw asker.outcome.reason
        if (asker.isOver) throw new RevocationUnavailableError('timeout')
        if (asker.question === undefined) this.#ask(asker, this.#companionsOf(asker))
        else if (asker.isForsaken) this.#askAgain(asker, asker.question)
      }
    } finally {
      asker.end()
      if (measured !== undefined) measured.batchSize = asker.question?.askers
      this.#waiting.delete(asker)
    }
  }

  /**
   * Has a look-up ask for all that wait by the end of this turn of the event loop, if a question may be sent. It must be
   * the look-up itself that asks: on Workers, a request's I/O ends with it.
   */
  #offerPlace(asker: Asker): void {
    if (this.#isOffered || !this.#hasPlace()) return
    this.#isOffered = true
    atEndOfTurn(this.#sharing, () => {
      this.#isOffered = false
      const [first] = this.#waiting
      const next = this.#waiting.has(asker) ? asker : first
      next?.wake()
    })
  }

  #hasPlace(): boolean {
    if (this.#underWay.size < MAX_QUESTIONS_UNDER_WAY) return true
    // On Workers, a question whose request has ended never settles.
    const now = Date.now()
    for (const question of this.#underWay) {
      if (!isWithin(this.#patience.totalMs, question.sentAt, now)) this.#underWay.delete(question)
    }
    return this.#underWay.size < MAX_QUESTIONS_UNDER_WAY
  }

  /** The look-up and those that wait, first come first served, as far as they fit into one question. */
  #companionsOf(asker: Asker): readonly Asker[] {
    const together = [asker]
    let keys = asker.keys.length
    let characters = lengthOf(asker.keys)
    for (const other of this.#waiting) {
      if (other === asker) continue
      keys += other.keys.length
      characters += lengthOf(other.keys)
      if (keys > MAX_QUESTION_KEYS || characters > MAX_QUESTION_CHARACTERS) break
      together.push(other)
    }
    return together
  }

  /** Its question is late, and the request that sent it may be gone. It asks for nobody but itself. */
  #askAgain(asker: Asker, late: Question): void {
    this.#underWay.delete(late)
    asker.isForsaken = false
    this.#ask(asker, [asker])
  }

  /** Never rejects. */
  async #ask(sender: Asker, askers: readonly Asker[]): Promise<void> {
    const question: Question = { sentAt: Date.now(), sender, askers: askers.length }
    this.#underWay.add(question)
    for (const asker of askers) {
      asker.question = question
      this.#waiting.delete(asker)
    }
    this.#offerNext()
    const keys = new Set<string>()
    for (const asker of askers) for (const key of asker.keys) keys.add(key)
    const outcome = await this.#askFor([...keys]).then(success, failure)
    this.#underWay.delete(question)
    for (const asker of askers) {
      if (asker.question !== question) continue
      asker.outcome = outcome
      asker.wake()
    }
    this.#offerNext()
  }

  #offerNext(): void {
    const [next] = this.#waiting
    if (next !== undefined) this.#offerPlace(next)
  }

  async #askFor(keys: readonly string[]): Promise<Values> {
    const values: unknown = await this.#send(['MGET', ...keys])
    if (!Array.isArray(values) || values.length !== keys.length || !values.every(isStored)) {
      throw new RevocationUnavailableError('malformed')
    }
    return new Map(keys.map((key, index) => [key, values[index] ?? null]))
  }
}

function isStored(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

function lengthOf(keys: readonly string[]): number {
  return keys.reduce((total, key) => total + key.length, 0)
}

/**
 * On Workers each turn belongs to one request, so that there is nothing to wait for. What is scheduled there would end
 * with its request, and nobody else would be asked for.
 */
function atEndOfTurn(sharing: IoSharing, run: () => void): void {
  if (sharing === 'free' && isScheduler(runSoon)) runSoon(run)
  else queueMicrotask(run)
}

/** Read before anybody can replace it: in tests with a clock that stands still, nothing would be asked. */
const runSoon = ownMember(globalThis, 'setImmediate')

function isScheduler(value: unknown): value is (run: () => void) => unknown {
  return typeof value === 'function'
}
