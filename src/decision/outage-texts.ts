// What the operator reads about an outage: what was asked, what came, and what to check. Never a part of an answer.

import { namesOf } from '../lib/thrown.ts'

/** Why a zone's key set could not be fetched. */
export type KeySetFault = 'network' | 'timeout' | 'status' | 'too_large' | 'malformed'

/** Why a revocation store failed. */
export type RevocationFault =
  | 'network'
  | 'timeout'
  | 'status'
  | 'too_large'
  | 'malformed'
  /** The stream consumer's heartbeat is older than `maxSyncAgeMs`. */
  | 'stale'
  /** The store has reached its `maxEntries`. */
  | 'full'
  /** A custom store threw an error. */
  | 'failed'

/** What is known about an outage. */
export interface OutageDetails {
  /** The host that was asked, with its port. */
  readonly host?: string | undefined
  /** The HTTP status that came instead of an answer. */
  readonly status?: number | undefined
  /** The error behind it. Its message may quote anything. */
  readonly cause?: unknown
  /** What came, for the message, in words that are safe to log. */
  readonly came?: string | undefined
}

/** An outage in sentences, without anything secret: host, status, and the error's name and code. */
export function keySetOutage(fault: KeySetFault, details: OutageDetails): string {
  const { host = 'the STS', status } = details
  return `The key set is unavailable (${fault}): ${what(fault, host, details)}. Check ${keySetCheck(fault, status)}.`
}

export function storeOutage(fault: RevocationFault, details: OutageDetails): string {
  const { host = 'the store', status } = details
  return `The revocation store is unavailable (${fault}): ${what(fault, host, details)}. Check ${storeCheck(fault, status, details.host !== undefined)}.`
}

/** The error of a custom store. Its message may quote anything, so it is not part of this text. */
export function customStoreOutage(error: unknown): string {
  return `The revocation store is unavailable (failed): its lookup threw ${namesOf(error)}. Check the store: its own error says more.`
}

function what(fault: KeySetFault | RevocationFault, host: string, details: OutageDetails): string {
  const came = details.came ?? (details.cause === undefined ? undefined : namesOf(details.cause))
  const more = came === undefined ? '' : ` (${came})`
  switch (fault) {
    case 'network':
      return `the request to ${host} failed${more}`
    case 'timeout':
      return `${host} did not answer in time${more}`
    case 'status':
      return `${host} answered with ${details.status === undefined ? 'an error' : `status ${details.status}`}${more}`
    case 'too_large':
      return `the answer of ${host} is too large${more}`
    case 'malformed':
      return `the answer of ${host} is not what it should be${more}`
    case 'stale':
      return `no complete pass of syncRevocations within maxSyncAgeMs has been noted in ${host}${more}`
    case 'full':
      return `${host} holds as many entries as maxEntries allows${more}`
    case 'failed':
      return `${host} failed${more}`
  }
}

const REACH = 'that it runs and can be reached from here (name, port, TLS certificate, firewall)'

function keySetCheck(fault: KeySetFault, status: number | undefined): string {
  switch (fault) {
    case 'network':
      return `the issuer's URL, and ${REACH}`
    case 'timeout':
      return 'the load of the STS and the network; keySet.timeoutMs is the limit'
    case 'status':
      return statusCheck(status)
    case 'too_large':
    case 'malformed':
      return "that the issuer's URL is that of the STS, and what it serves at /.well-known/jwks.json"
  }
}

function statusCheck(status: number | undefined): string {
  if (status === 404)
    return "the zone (CARACAL_ZONE_ID) and the issuer's URL: the STS does not know one of them"
  if (status === 400) return 'the zone (CARACAL_ZONE_ID): the STS does not accept it'
  if (status === 401 || status === 403) return 'what stands in front of the STS: its key set must be public'
  if (status === 429) return 'the rate limit in front of the STS'
  if (status !== undefined && status >= 300 && status < 400)
    return "the issuer's URL: redirects are not followed, so it must be the final one"
  return 'the STS and its own log'
}

function storeCheck(fault: RevocationFault, status: number | undefined, isRemote: boolean): string {
  switch (fault) {
    case 'network':
      return `the address of the database (UPSTASH_REDIS_REST_URL, or that of your Redis client), and ${REACH}`
    case 'timeout':
      return 'the load of the store and the network; the limits are timeoutMs of the store and storeTimeoutMs of the guard'
    case 'status':
      if (status === 401 || status === 403) return 'the token of the database (UPSTASH_REDIS_REST_TOKEN)'
      if (status === 429) return 'the limits of the database plan'
      return 'the database, its own log and its limits, and that a URL is that of its REST interface'
    case 'too_large':
    case 'malformed':
      return isRemote
        ? 'that the URL is that of the REST interface of a Redis, that `command` gives replies as Redis does, and who else writes keys with this prefix'
        : 'that lookup gives { revoked: true or false, delegationEpoch: a whole number }, as own members'
    case 'stale':
      return 'that the cron trigger of syncRevocations runs, and the fault in its report'
    case 'full':
      return 'how many revocations there are: raise maxEntries, or use a store that all isolates share'
    case 'failed':
      return 'the store'
  }
}
