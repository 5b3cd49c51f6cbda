// @ts-check
// Runs the whole list of `conformance` in this runtime, without a network and without a test runner. Prints what failed,
// and by which Node.js.

import { withCaracal } from 'caracal-edge'
import { conformance } from 'caracal-edge/testing'

console.warn = () => {}
console.error = () => {}

const checks = conformance(
  ({ options, handler, given }) => {
    // The options of a case may be wrong: that is what some of them are about.
    const loose = /** @type {import('caracal-edge').CaracalOptions} */ (/** @type {unknown} */ (options))
    /** @type {Parameters<typeof withCaracal>[0]} */
    const handle = (request, { caracal }) => handler(request, caracal)
    return given === 'function' ? withCaracal(handle, () => loose) : withCaracal(handle, loose)
  },
  { unsupported: { upstash: 'the store is an object here', environment: 'the checks run at the same time' } },
)
const left = checks.filter(({ skipped }) => skipped === undefined)
const asked = left.length
/** @type {string[]} */
const failed = []

async function work() {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    await next.check().catch((error) => failed.push(String(error)))
  }
}
await Promise.all(Array.from({ length: 6 }, work))
console.log(JSON.stringify({ asked, failed, node: globalThis.process.version }))
