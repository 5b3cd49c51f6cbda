// What the clock of the issuer says, as far as it can be known: a cache may answer in its place.

import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, fetchJson } from '../fetch-json.ts'
import { bad, duration, type Finding, good, note } from './finding.ts'

/** Caches are to ask the issuer. Not all do. */
export const UNCACHED: RequestInit = { headers: { 'Cache-Control': 'no-cache', Pragma: 'no-cache' } }

/** A guard takes so much for `nbf` and a future `iat` (protocol §3); expiry has no tolerance. */
const TOLERANCE_MS = 60_000
const NOTABLE_MS = 5_000
/** `Date` has whole seconds. */
const DATE_STEP_MS = 1_000

interface Asked {
  readonly answer: Answer
  /** By this clock. */
  readonly askedAt: number
}

/** By how much this clock is ahead: at least and at most. */
interface Range {
  readonly least: number
  readonly most: number
}

/** @param first what the issuer has answered already; it is asked again only if its time may be an older one */
export async function checkClock(url: string, first: Asked): Promise<Finding> {
  const ahead = rangeOf(first)
  if (ahead === undefined) return note('clock', 'the issuer does not say its time', ADVICE)
  if (ahead.least > NOTABLE_MS && (await isKept(url, first)))
    return unknown('what answers has kept an older answer of the issuer')
  return told(ahead)
}

/**
 * A cache hands on the `Date` of the issuer and says in `Age` how old it is (RFC 9111 §4.2.3, §5.1), but some write a
 * `Date` of their own.
 */
function rangeOf({ answer: { headers, tookMs }, askedAt }: Asked): Range | undefined {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return undefined
  return { least: askedAt - date - DATE_STEP_MS - ageIn(headers), most: askedAt + tookMs - date }
}

function ageIn(headers: Headers): number {
  const age = headers.get('age') ?? ''
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0
}

/** A clock goes on; a kept `Date` does not. */
async function isKept(url: string, { answer }: Asked): Promise<boolean> {
  await pause(DATE_STEP_MS + 100)
  const again = await fetchJson(url, UNCACHED).catch(() => undefined)
  return again?.headers.get('date') === answer.headers.get('date')
}

function told({ least, most }: Range): Finding {
  const isNarrow = most - least <= NOTABLE_MS
  const near = good('clock', `as that of the issuer, within ${duration(NOTABLE_MS)}`)
  if (least <= 0 && most >= 0) {
    return isNarrow ? near : unknown(`a cache or a slow answer leaves open ${duration(most - least)}`)
  }
  const off = least > 0 ? least : -most
  if (off <= NOTABLE_MS && isNarrow) return near
  const by = isNarrow ? duration(Math.abs(least + most) / 2) : `at least ${duration(off)}`
  const text = `this clock is ${by} ${least > 0 ? 'ahead of' : 'behind'} that of the issuer`
  const advice = 'Set the clock by NTP: mandates are refused too early, or taken too long.'
  return (off > TOLERANCE_MS ? bad : note)('clock', text, advice)
}

const ADVICE = 'See that this machine sets its clock by NTP, or ask the issuer without a cache between.'

const unknown = (why: string) =>
  note('clock', `how far this clock is from that of the issuer cannot be known: ${why}`, ADVICE)
