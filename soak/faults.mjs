// @ts-check
// What befalls a service, and when: the faults that its clients meet, and how long each of them lasted.

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `down`: nobody listens. `killed`: what stands behind it is gone. `emptied`: it has forgotten everything. `trimmed`:
 * what nobody had read is gone from the streams. `slow`: the answer comes within every limit, so that this one is no outage.
 *
 * @typedef {'down' | 'killed' | 'emptied' | 'trimmed' | 'hang' | 'error' | 'malformed' | 'cut' | 'slow'} Fault
 * @typedef {{ readonly from: number, readonly to: number }} Span
 * @typedef {{ readonly fault: Fault, readonly from: number, to: number }} Outage
 */

const SLOW_MS = 300

/** @param {Span} span @param {number} from @param {number} to */
export function overlaps(span, from, to) {
  return span.from <= to && from <= span.to
}

export class Faults {
  /** @type {Outage[]} */
  outages = []
  /** @type {Fault | undefined} */
  #fault
  #switches

  /** @param {Partial<Record<Fault, { off: () => Promise<void>, on: () => Promise<void> }>>} switches */
  constructor(switches) {
    this.#switches = switches
  }

  /** @param {Fault} fault */
  async begin(fault) {
    if (fault !== 'slow') this.outages.push({ fault, from: Date.now(), to: Number.POSITIVE_INFINITY })
    this.#fault = fault
    await this.#switches[fault]?.off()
  }

  async end() {
    if (this.#fault === undefined) return
    await this.#switches[this.#fault]?.on()
    this.#fault = undefined
    const last = this.outages.at(-1)
    if (last !== undefined) last.to = Math.min(last.to, Date.now())
  }

  /**
   * @param {{ request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse }} exchange
   * @returns {Promise<boolean>} whether nothing is left to be done for this request
   */
  async meet({ request, response }) {
    switch (this.#fault) {
      case 'hang':
        return true
      case 'error':
        response.writeHead(500, { 'Content-Type': 'application/json' }).end('{"error":"ERR"}')
        return true
      case 'malformed':
        response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html><title>Sign in</title>')
        return true
      case 'cut':
        request.socket.destroy()
        return true
      case 'slow':
        await sleep(SLOW_MS)
        return false
      default:
        return false
    }
  }
}
