// @ts-check
// Whether the key set was fetched no more often than its limits allow.

import { overlaps } from './faults.mjs'
import { JITTER_MS, KEY_SET } from './settings.mjs'

/** The shortest time until the next fetch after one that failed, or that has not been answered yet. */
const SHORTEST_PAUSE_MS = 150
/** A window that is longer shows nothing that shorter ones in it do not. */
const WINDOW_MS = 60_000
/** What the Worker's clock, which stands still while it computes, may be behind. */
const CLOCK_MS = 50

/**
 * @param {readonly import('./issuer.mjs').KeyFetch[]} fetches
 * @param {readonly import('./faults.mjs').Span[]} searches requests whose key may have been looked for
 * @param {readonly import('./faults.mjs').Span[]} stalls
 * @returns {{ at: number, text: string }[]}
 */
export function keySetMistakes(fetches, searches, stalls) {
  const mistakes = []
  for (const [index, first] of fetches.entries()) {
    const next = fetches[index + 1]
    const failed = first.kids === undefined
    if (failed && next !== undefined && next.at - first.at < SHORTEST_PAUSE_MS - CLOCK_MS) {
      mistakes.push({ at: next.at, text: `${next.at - first.at} ms after a failed fetch the next one came` })
    }

    let served = 0
    for (const last of fetches.slice(index)) {
      if (last.at - first.at > WINDOW_MS) break
      if (last.kids === undefined || first.kids === undefined) continue
      served += 1
      const most =
        1 +
        Math.floor((last.at - first.at + JITTER_MS) / KEY_SET.maxAgeMs) +
        searchesWithin(first.at, last.at, searches) +
        stalls.filter((stall) => overlaps(stall, first.at, last.at)).length
      // A fetch that takes long is joined by a second one.
      if (served > 2 * most) {
        mistakes.push({
          at: last.at,
          text: `${served} fetches within ${last.at - first.at} ms, of ${2 * most}`,
        })
        break
      }
    }
  }
  return mistakes
}

/** One for each cooldown, and none where nobody looked for a key. @param {number} from @param {number} to @param {readonly import('./faults.mjs').Span[]} searches */
function searchesWithin(from, to, searches) {
  const seekers = searches.filter((search) => overlaps(search, from, to)).length
  return Math.min(seekers, 1 + Math.floor((to - from + JITTER_MS) / KEY_SET.cooldownMs))
}
