// @ts-check
// Which answers a request may get: an obvious model, from nothing but the facts that the soak itself created.

import { overlaps } from './faults.mjs'
import {
  JITTER_MS,
  KEY_SET,
  KEYS_RECOVER_MS,
  LOSS_HOLD_MS,
  MAX_SYNC_AGE_MS,
  NEW_KEY_MS,
  STORE_RECOVERS_MS,
} from './settings.mjs'

/**
 * @typedef {object} Facts
 * @property {Awaited<ReturnType<typeof import('./issuer.mjs').startIssuer>>} issuer
 * @property {Awaited<ReturnType<typeof import('./revocations.mjs').startRevocations>>} revocations
 * @property {readonly import('./faults.mjs').Span[]} stalls
 *
 * @typedef {object} Verdict
 * @property {ReadonlySet<string>} allowed the answers, as the clients write them down
 * @property {string | undefined} mustNot why it must not be admitted
 * @property {boolean} mayLookUp whether it may get as far as the store
 * @property {boolean} maySearch whether its key may be looked for at the issuer
 */

/** @param {import('./load.mjs').Exchange} exchange @param {Facts} facts @returns {Verdict} */
export function verdictOn({ credential, sentAt, answeredAt }, { issuer, revocations, stalls }) {
  const { kind, kid, expiresAt, anchors, epoch } = credential
  /** @type {Set<string>} */
  const allowed = new Set()
  const inThatTime = (/** @type {{ from: number, to: number }} */ span, /** @type {number} */ extraMs) =>
    overlaps({ from: span.from, to: span.to + extraMs }, sentAt, answeredAt)
  const refused = (/** @type {string} */ mustNot, maySearch = false, mayLookUp = false) => ({
    allowed,
    mustNot,
    maySearch,
    mayLookUp,
  })

  if (kind === 'none') {
    allowed.add('401 missing_token')
    return refused('without a mandate')
  }
  if (kind === 'garbage') {
    allowed.add('401 invalid_token')
    return refused('garbage')
  }

  // The key.
  const isServed = guardHas(kid, issuer.fetches, sentAt, answeredAt)
  const troubles = [...issuer.faults.outages, ...stalls]
  const isTroubled = troubles.some((span) => inThatTime(span, KEYS_RECOVER_MS))
  // A forged signature may come from a key that was replaced under the same id, which is looked for.
  if (isTroubled && (!isServed || kind === 'forged')) allowed.add('503 keys_unavailable')
  const published = issuer.publications.get(kid)
  const isCertain = published !== undefined && (isServed || sentAt >= published.from + NEW_KEY_MS)
  if (!isCertain || published.to <= answeredAt) allowed.add('401 invalid_token')
  if (kind !== 'mandate') allowed.add('401 invalid_token')
  if (kind === 'forged') return refused('forged', true)
  if (published === undefined) return refused('unknown key', true)
  const lastsMs = isTroubled ? KEY_SET.maxStaleMs : KEY_SET.maxAgeMs
  if (sentAt >= published.to + lastsMs) return refused('removed key', true)
  const isYoungEnough = issuer.fetches.some(
    ({ at, until, kids }) => kids !== undefined && at <= answeredAt && until > sentAt - KEY_SET.maxStaleMs,
  )
  if (!isYoungEnough) return refused('keys too old', true)

  // The time.
  if (expiresAt <= answeredAt) allowed.add('401 invalid_token')
  if (expiresAt <= sentAt) return refused('expired', !isServed)

  // The store.
  const outages = [...revocations.faults.outages, ...stalls]
  const { passes } = revocations
  // With its memory Redis loses the heartbeat, too.
  const forgotten = revocations.losses.filter(({ isOfMemory }) => isOfMemory)
  const maybe = forgotten.findLast(({ from }) => from <= answeredAt)
  const surely = forgotten.findLast(({ to }) => to < sentAt)
  const isHeard = passes.some(
    ({ begunAt, endedAt, caughtUp }) =>
      caughtUp &&
      begunAt > (maybe?.to ?? 0) &&
      endedAt < sentAt &&
      begunAt >= answeredAt - MAX_SYNC_AGE_MS + JITTER_MS,
  )
  if (!isHeard || outages.some((span) => inThatTime(span, STORE_RECOVERS_MS))) {
    allowed.add('503 revocation_unavailable')
  }
  const marks = anchors.flatMap((anchor) => revocations.marks.get(anchor) ?? [])
  const raises = revocations.epochs.filter((raise) => epoch !== undefined && epoch < raise.epoch)
  if (marks.some(({ begunAt }) => begunAt <= answeredAt)) allowed.add('401 session_revoked')
  if (raises.some(({ begunAt }) => begunAt <= answeredAt)) allowed.add('401 delegation_stale')
  const mayHaveBeenHeard = passes.some(
    ({ begunAt, endedAt }) =>
      begunAt <= answeredAt && endedAt >= sentAt - MAX_SYNC_AGE_MS && endedAt > (surely?.from ?? 0),
  )
  if (surely !== undefined && answeredAt < surely.from + LOSS_HOLD_MS) {
    return refused('lost memory', !isServed, true)
  }
  if (marks.some(({ doneAt }) => doneAt < sentAt)) return refused('revoked', !isServed, true)
  if (raises.some(({ doneAt }) => doneAt < sentAt)) return refused('stale epoch', !isServed, true)
  if (!mayHaveBeenHeard) return refused('silent streams', !isServed, true)

  allowed.add('200')
  return { allowed, mustNot: undefined, maySearch: !isServed, mayLookUp: true }
}

/**
 * Whether the guard certainly had a set with this key, young enough to serve even in an outage.
 *
 * @param {string} kid
 * @param {readonly import('./issuer.mjs').KeyFetch[]} fetches
 * @param {number} sentAt
 * @param {number} answeredAt
 */
function guardHas(kid, fetches, sentAt, answeredAt) {
  const at = fetches.findLastIndex(({ kids, until }) => kids !== undefined && until + JITTER_MS / 3 < sentAt)
  const since = fetches.slice(Math.max(at, 0)).filter((fetch) => fetch.at <= answeredAt)
  const [sure] = since
  return (
    at >= 0 &&
    sure !== undefined &&
    sure.at - JITTER_MS > answeredAt - KEY_SET.maxStaleMs &&
    since.every(({ kids }) => kids === undefined || kids.includes(kid))
  )
}
