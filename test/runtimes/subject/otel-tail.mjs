// @ts-check
// A Worker that is told of all spans of another one while they happen, and answers with them.

/** @typedef {{ spanContext: { spanId?: string }, event: { type: string } }} TailEvent */

/** @type {TailEvent[]} */
const events = []

export default {
  /** @param {TailEvent} onset */
  tailStream(onset) {
    events.push(onset)
    return (/** @type {TailEvent} */ event) => {
      events.push(event)
    }
  },
  fetch: () => Response.json(events),
}
