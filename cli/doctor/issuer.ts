// Whether the issuer is there, whose it is, whether it knows the zone, and what its clock says.

import { fetchJson } from '../dev-client.ts'
import { Failure } from '../failures.ts'
import { namedIssuer, variable } from '../variables.ts'
import { duration, type Finding } from './finding.ts'

/** A guard takes so much for `nbf` and a future `iat` (protocol §3); expiry has no tolerance. */
const TOLERANCE_MS = 60_000
/** `Date` has whole seconds, and the answer took its time. */
const NOTABLE_MS = 5_000

export async function checkIssuer(): Promise<readonly Finding[]> {
  const issuer = namedIssuer()
  const zoneId = variable('CARACAL_ZONE_ID')
  if (issuer === undefined || zoneId === undefined || !/^https?:\/\//i.test(issuer) || !URL.canParse(issuer))
    return []
  const asked = Date.now()
  try {
    const answer = await fetchJson(`${issuer}/.well-known/jwks.json?zone_id=${encodeURIComponent(zoneId)}`)
    const took = Date.now() - asked
    return [
      await whose(issuer, answer.status, took),
      zone(zoneId, answer),
      ...clock(answer.headers.get('date'), asked, took),
    ]
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return [
      {
        check: 'issuer',
        state: 'bad',
        text: error.message,
        advice: 'Start it, or correct CARACAL_STS_URL. For development, run caracal-edge dev.',
      },
    ]
  }
}

async function whose(issuer: string, status: number, took: number): Promise<Finding> {
  const { hostname, host } = new URL(issuer)
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  // Another STS has no business with this path.
  const said = isLoopback ? await fetchJson(`${issuer}/dev`).catch(() => undefined) : undefined
  const isDev = said?.json?.name === 'caracal-edge dev'
  const who = isDev ? 'caracal-edge dev, whose mandates are for development only' : 'an STS'
  return {
    check: 'issuer',
    state: isDev ? 'note' : 'good',
    text: `${host} answers ${status} in ${duration(took)}: ${who}`,
  }
}

function zone(zoneId: string, { status, json }: Awaited<ReturnType<typeof fetchJson>>): Finding {
  const keys = json?.keys
  if (status === 200 && Array.isArray(keys) && keys.length > 0) {
    return {
      check: 'zone',
      state: 'good',
      text: `${zoneId} has ${keys.length === 1 ? 'one key' : `${keys.length} keys`}`,
    }
  }
  const text =
    status === 404
      ? `the issuer does not know ${zoneId}`
      : `the issuer has no key set for ${zoneId} (${status})`
  return {
    check: 'zone',
    state: 'bad',
    text,
    advice: 'Correct CARACAL_ZONE_ID, or CARACAL_STS_URL if it names another issuer.',
  }
}

function clock(date: string | null, asked: number, took: number): readonly Finding[] {
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs))
    return [{ check: 'clock', state: 'note', text: 'the issuer does not say its time' }]
  // Between the question and the answer; `Date` has lost up to a second.
  const ahead = asked + took / 2 - (theirs + 500)
  const off = Math.abs(ahead)
  const text = `this clock is ${duration(off)} ${ahead < 0 ? 'behind' : 'ahead of'} that of the issuer`
  if (off <= NOTABLE_MS)
    return [{ check: 'clock', state: 'good', text: `as that of the issuer, within ${duration(NOTABLE_MS)}` }]
  const advice = 'Set the clock by NTP: mandates are refused too early, or taken too long.'
  return [{ check: 'clock', state: off > TOLERANCE_MS ? 'bad' : 'note', text, advice }]
}
