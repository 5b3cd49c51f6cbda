// The names of keys and streams in Redis: those shared with services in other languages (protocol §5), and our own.

export const DEFAULT_KEY_PREFIX = 'caracal:revoked:sessions:'

export const REVOCATION_STREAM = 'caracal.sessions.revoke'
export const DELEGATION_STREAM = 'caracal.delegations.invalidate'

export function anchorKey(prefix: string, anchorId: string): string {
  return `${prefix}${anchorId}`
}

export function epochKey(prefix: string, zoneId: string): string {
  return `${prefix}delegation-epoch:${zoneId}`
}

/** When a pass last found the streams completely applied, in milliseconds since 1970. Written by `syncRevocations`. */
export function heartbeatKey(prefix: string): string {
  return `${prefix}sync-heartbeat`
}

export function deadLetterStream(stream: string): string {
  return `${stream}.dead`
}

/** The number of the last reading of a pass, so that what follows can see whether this Redis has heard of all of them. */
export function passKey(prefix: string, stream: string, group: string): string {
  return `${prefix}sync-pass:${stream}:${group}:${crypto.randomUUID()}`
}

/** The keys in which the passes of one group over one stream keep their state. */
export interface SyncKeys {
  /** The position of stream and group at the last pass: a string that does not expire. */
  readonly seen: string
  /** These three exist while a loss of that kind is held. */
  readonly trimmed: string
  readonly unverified: string
  readonly restarted: string
  /** Dead letters that wait for the key that they were signed with: a stream. */
  readonly waiting: string
  /** With which keys, and up to which id, the waiting letters have been tried: a string. */
  readonly tried: string
}

export function syncKeys(prefix: string, stream: string, group: string): SyncKeys {
  const key = (what: string) => `${prefix}sync-${what}:${stream}:${group}`
  return {
    seen: key('seen'),
    trimmed: key('trimmed'),
    unverified: key('unverified'),
    restarted: key('restarted'),
    waiting: key('waiting'),
    tried: key('tried'),
  }
}
