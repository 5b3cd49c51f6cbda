// @ts-check
// Tells when the machine stands still: requests through the Worker to this process and back, without the guard.

import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listen } from '../lab/loopback.mjs'
import { ask } from './client.mjs'
import { CONTROL_PATH } from './settings.mjs'

/** A way that takes a few milliseconds. What takes longer than this holds up look-ups and fetches until they fail. */
const STILL_MS = 500
const PAUSE_MS = 50
const PATIENCE_MS = 20_000
/** After about as many, workerd's memory has grown to what it is with any Worker, guarded or not. */
const WARM_REQUESTS = 8_000
const WARM_CLIENTS = 20

export async function startControl() {
  const server = createServer((_request, response) => response.end('{}'))
  const { url, close } = await listen(server)
  /** @type {import('./faults.mjs').Span[]} */
  const stalls = []

  return {
    url,
    /** When the machine stood still. */
    stalls,

    /** Has workerd take the memory that it takes in any case. @param {string} workerUrl */
    async warm(workerUrl) {
      let left = WARM_REQUESTS
      const client = async () => {
        while (left-- > 0) await ask(workerUrl + CONTROL_PATH, {}, PATIENCE_MS)
      }
      await Promise.all(Array.from({ length: WARM_CLIENTS }, client))
    },

    /** @param {string} workerUrl @param {AbortSignal} signal */
    async run(workerUrl, signal) {
      while (!signal.aborted) {
        const from = Date.now()
        await ask(workerUrl + CONTROL_PATH, {}, PATIENCE_MS).catch(() => {})
        const to = Date.now()
        if (to - from > STILL_MS) stalls.push({ from, to })
        await sleep(PAUSE_MS)
      }
    },

    close,
  }
}
