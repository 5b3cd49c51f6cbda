// @ts-check
// Keeps the account of a soak: what was sent and answered, and which promises held.

import { keySetMistakes } from './key-set-fetches.mjs'
import { HEAP_MB } from './memory.mjs'
import { verdictOn } from './model.mjs'
import { ANSWER_MS, LOSS_HOLD_MS } from './settings.mjs'

/** @typedef {import('./load.mjs').Exchange} Exchange */

/** What a soak must have tried to get in with, unless it is a short one. */
const LURES = [
  'without a mandate',
  'garbage',
  'forged',
  'unknown key',
  'removed key',
  'keys too old',
  'expired',
  'revoked',
  'stale epoch',
  'silent streams',
  'lost memory',
]
const REACHED_STORE = ['200', '401 session_revoked', '401 delegation_stale']
/** Of each promise so many breaches are told in full. */
const TOLD = 5

export class Account {
  #facts
  #startedAt = Date.now()
  /** By kind of credential and answer. @type {Map<string, number>} */
  #answers = new Map()
  /** How often somebody came who must not be admitted. @type {Map<string, number>} */
  #lures = new Map()
  /** By promise. @type {Map<string, string[]>} */
  #breaches = new Map()
  /** By session: how often it may have been looked up. @type {Map<string, number>} */
  #mostLookups = new Map()
  /** The requests that must have been looked up. @type {Exchange[]} */
  #lookedUp = []
  /** @type {{ from: number, to: number }[]} */
  #searches = []
  /** @type {number[]} */
  #latencies = []
  #slowest = 0
  #rightful = 0
  total = 0

  /** @param {import('./model.mjs').Facts} facts */
  constructor(facts) {
    this.#facts = facts
  }

  /** @param {Exchange} exchange all facts about its time must be there */
  enter(exchange) {
    const { credential, sentAt, answeredAt, answer } = exchange
    const verdict = verdictOn(exchange, this.#facts)
    this.total += 1
    count(this.#answers, `${credential.kind}: ${answer}`)
    if (verdict.mustNot !== undefined) count(this.#lures, verdict.mustNot)
    if (verdict.allowed.size === 1 && verdict.allowed.has('200')) this.#rightful += 1
    if (verdict.maySearch) this.#searches.push({ from: sentAt, to: answeredAt })
    this.#expectLookups(exchange, verdict)
    if (answer === 'left') return

    const elapsed = answeredAt - sentAt
    if (answer === '200') this.#latencies.push(elapsed)
    this.#slowest = Math.max(this.#slowest, elapsed)
    const story = `${credential.kind} sent at ${this.#time(sentAt)}, after ${elapsed} ms: ${answer}`
    if (elapsed > ANSWER_MS + this.#stalledMs(sentAt, answeredAt)) this.breach('answered in time', story)
    if (verdict.allowed.has(answer)) return
    if (!answer.startsWith('200')) {
      this.breach('refused only with reason', `${story}, and not ${[...verdict.allowed].join(' or ')}`)
    } else {
      this.breach('admitted only by right', `${story}${verdict.mustNot ? ` (${verdict.mustNot})` : ''}`)
    }
  }

  /** @param {string} promise @param {string} what */
  breach(promise, what) {
    const breaches = this.#breaches.get(promise) ?? []
    breaches.push(what)
    this.#breaches.set(promise, breaches)
    if (breaches.length <= TOLD) console.log(`✗ ${promise}: ${what}`)
  }

  progress() {
    const broken = [...this.#breaches.values()].reduce((sum, { length }) => sum + length, 0)
    return `${this.total} answers, ${broken} breaches`
  }

  /**
   * Judges what only the whole can show, and prints the account.
   *
   * @param {{ sent: number, isShort: boolean, memory: import('./memory.mjs').MemoryReport }} options
   * @returns {boolean} whether all promises held
   */
  close({ sent, isShort, memory }) {
    const { issuer, revocations, stalls } = this.#facts
    for (const mistake of keySetMistakes(issuer.fetches, this.#searches, stalls)) {
      this.breach('key set fetched within its bounds', `${mistake.text} at ${this.#time(mistake.at)}`)
    }
    this.#compareLookups(revocations.lookups)
    for (const { from, to } of revocations.losses) {
      const early = revocations.passes.filter(
        ({ begunAt, endedAt, caughtUp }) => caughtUp && begunAt > to && endedAt < from + LOSS_HOLD_MS,
      )
      for (const { begunAt } of early)
        this.breach('losses held', `a pass was clean at ${this.#time(begunAt)}`)
    }
    if (sent !== this.total) this.breach('every request accounted for', `${this.total} of ${sent}`)
    const stalledPart = this.#stalledMs(0, Date.now()) / (Date.now() - this.#startedAt)
    if (stalledPart > 1 / 2 && !isShort)
      this.breach('judged', 'this machine stood still more than half of the time')
    if (memory.hasEnded)
      this.breach('memory flat', `workerd ended, as it does when its heap is past ${HEAP_MB} MB`)
    if (!memory.isFlat && !isShort) this.breach('memory flat', memory.text)
    for (const lure of isShort ? [] : LURES) {
      if (!this.#lures.has(lure)) this.breach('everything tried', `nobody came who was ${lure}`)
    }

    console.log(`\n${sent} requests, and what came of them`)
    for (const [name, number] of [...this.#answers].sort()) console.log(`  ${padded(number)}  ${name}`)
    console.log(`\nHad to be admitted\n  ${padded(this.#rightful)}\n\nMust not be admitted`)
    for (const lure of LURES) console.log(`  ${padded(this.#lures.get(lure) ?? 0)}  ${lure}`)
    console.log('\nFor information')
    const sorted = this.#latencies.sort((one, other) => one - other)
    const quantile = (/** @type {number} */ part) => sorted[Math.floor(sorted.length * part)]
    console.log(`  admitted after ${quantile(0.5)} ms (median), ${quantile(0.99)} ms (p99)`)
    console.log(`  slowest answer after ${this.#slowest} ms`)
    const failed = issuer.fetches.filter(({ kids }) => kids === undefined).length
    console.log(`  key set fetched ${issuer.fetches.length} times, ${failed} of them in vain`)
    console.log(
      `  store asked ${revocations.questions} times; ${revocations.marks.size} revocations, ${revocations.epochs.length} epochs`,
    )
    console.log(
      `  ${issuer.faults.outages.length} outages of the issuer, ${revocations.faults.outages.length} of Redis`,
    )
    console.log(`  ${revocations.losses.length} losses of announcements`)
    console.log(`  ${memory.text}, of at most ${HEAP_MB} MB of JavaScript's`)
    console.log(
      `  this machine stood still ${stalls.length} times, ${this.#stalledMs(0, Date.now())} ms in all`,
    )

    console.log('\nPromises')
    for (const promise of PROMISES) {
      const broken = this.#breaches.get(promise)?.length ?? 0
      console.log(`  ${broken === 0 ? '✓' : '✗'} ${promise}${broken === 0 ? '' : `: ${broken} breaches`}`)
    }
    return this.#breaches.size === 0
  }

  /** @param {Exchange} exchange @param {import('./model.mjs').Verdict} verdict */
  #expectLookups(exchange, { allowed, mayLookUp }) {
    const { credential, answer } = exchange
    const reached = REACHED_STORE.includes(answer)
    if (reached) this.#lookedUp.push(exchange)
    // What is cut off is tried once more.
    const most = allowed.has('503 revocation_unavailable') ? 2 : 1
    const before = this.#mostLookups.get(credential.sid) ?? 0
    this.#mostLookups.set(credential.sid, before + (reached || mayLookUp ? most : 0))
  }

  /**
   * An answer serves only those who had asked before the question was sent, and nobody asks without need. Requests with
   * the same session share a question.
   *
   * @param {ReadonlyMap<string, readonly number[]>} lookups
   */
  #compareLookups(lookups) {
    for (const { credential, sentAt, answeredAt, answer } of this.#lookedUp) {
      const times = lookups.get(credential.sid) ?? []
      if (times.some((at) => sentAt <= at && at <= answeredAt)) continue
      this.breach('looked up while it waited', `${answer}, sent at ${this.#time(sentAt)}`)
    }
    for (const [sid, most] of this.#mostLookups) {
      const actual = lookups.get(sid)?.length ?? 0
      if (actual > most) this.breach('looked up with reason', `${actual} times for ${sid}, and not ${most}`)
    }
  }

  /** @param {number} from @param {number} to */
  #stalledMs(from, to) {
    const parts = this.#facts.stalls.map((stall) => Math.min(stall.to, to) - Math.max(stall.from, from))
    return parts.reduce((sum, part) => sum + Math.max(0, part), 0)
  }

  /** @param {number} at */
  #time(at) {
    return `${((at - this.#startedAt) / 1000).toFixed(2)} s`
  }
}

const PROMISES = [
  'every request accounted for',
  'admitted only by right',
  'refused only with reason',
  'answered in time',
  'key set fetched within its bounds',
  'looked up while it waited',
  'looked up with reason',
  'losses held',
  'memory flat',
  'everything tried',
  'judged',
]

/** @param {Map<string, number>} counts @param {string} name */
function count(counts, name) {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** @param {number} number */
function padded(number) {
  return String(number).padStart(7)
}
