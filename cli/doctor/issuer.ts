// Whether the issuer is there, whose it is, and whether it knows the zone.

import { isDev, noAnswerText } from '../dev-client.ts'
import { type Answer, fetchJson, NoAnswer } from '../fetch-json.ts'
import { namedIssuer, variable } from '../variables.ts'
import { checkClock, UNCACHED } from './clock.ts'
import { bad, duration, type Finding, good, note } from './finding.ts'
import { keysOf } from './zone-keys.ts'

export async function checkIssuer(): Promise<readonly Finding[]> {
  const issuer = namedIssuer()
  const zoneId = variable('CARACAL_ZONE_ID')
  // The environment has been told to be wrong.
  if (issuer === undefined || zoneId === undefined) return []
  const url = `${issuer}/.well-known/jwks.json?zone_id=${encodeURIComponent(zoneId)}`
  try {
    const askedAt = Date.now()
    const answer = await fetchJson(url, UNCACHED)
    return [
      await whose(issuer, answer),
      await zone(zoneId, answer),
      await checkClock(url, { answer, askedAt }),
    ]
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error
    const advice = 'Start it, or correct CARACAL_STS_URL. For development, run caracal-edge dev.'
    return [bad('issuer', noAnswerText(issuer, error), advice)]
  }
}

async function whose(issuer: string, { status, tookMs }: Answer): Promise<Finding> {
  const { hostname, host } = new URL(issuer)
  const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  // Another STS has no business with this path.
  const said = isLoopback ? await fetchJson(`${issuer}/dev`).catch(() => undefined) : undefined
  const text = `${host} answers ${status} in ${duration(tookMs)}`
  if (said !== undefined && isDev(said)) {
    const who = 'caracal-edge dev, whose mandates are for development only'
    return note('issuer', `${text}: ${who}`)
  }
  return good('issuer', `${text}: an STS`)
}

async function zone(zoneId: string, { status, json, broken }: Answer): Promise<Finding> {
  const keys = json?.keys
  const advice = 'Correct CARACAL_ZONE_ID, or CARACAL_STS_URL if it names another issuer.'
  if (status === 404) return bad('zone', `the issuer does not know ${zoneId}`, advice)
  if (status !== 200 || !Array.isArray(keys)) {
    const came = broken === undefined ? String(status) : `${status}; ${broken.message}`
    return bad('zone', `the issuer has no key set for ${zoneId} (${came})`, advice)
  }
  return keysOf(zoneId, keys)
}
