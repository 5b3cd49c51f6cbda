// @ts-check
// One HTTP request that can be given up in the middle, connection and all. (Node's own `fetch` sometimes hangs then.)

import { Agent, get } from 'node:http'
import { json } from 'node:stream/consumers'

const agent = new Agent({ keepAlive: true })

/** @typedef {{ status: number, headers: import('node:http').IncomingHttpHeaders, body: Record<string, unknown> }} Answer */

/**
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {number} patienceMs
 * @returns {Promise<Answer>} rejects when no whole answer came in that time
 */
export function ask(url, headers, patienceMs) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers }, async (response) => {
      try {
        const body = /** @type {Answer['body']} */ (await json(response))
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body })
      } catch (error) {
        reject(error)
      } finally {
        clearTimeout(patience)
      }
    })
    const patience = setTimeout(() => {
      reject(new Error('It took too long.'))
      request.destroy()
    }, patienceMs)
    request.on('error', (error) => {
      clearTimeout(patience)
      reject(error)
    })
  })
}
