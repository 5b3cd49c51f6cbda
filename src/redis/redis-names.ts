// Names that services in other languages share in Redis (protocol §5), and those that are this package's own.

export const DEFAULT_KEY_PREFIX = 'caracal:revoked:sessions:'

export const REVOCATION_STREAM = 'caracal.sessions.revoke'
export const DELEGATION_STREAM = 'caracal.delegations.invalidate'

export function anchorKey(prefix: string, anchorId: string): string {
  return `${prefix}${anchorId}`
}

export function epochKey(prefix: string, zoneId: string): string {
  return `${prefix}delegation-epoch:${zoneId}`
}

/** When the streams were last found to be applied in full, in milliseconds since 1970. Written by `syncRevocations`. */
export function heartbeatKey(prefix: string): string {
  return `${prefix}sync-heartbeat`
}

export function deadLetterStream(stream: string): string {
  return `${stream}.dead`
}

/** What the passes of one group over one stream keep in Redis. */
export interface SyncKeys {
  /** What the last pass saw of stream and group: a text. It stays. */
  readonly seen: string
  /** Is there while a loss of that kind is held. */
  readonly trimmed: string
  readonly unverified: string
  readonly restarted: string
  /** Letters that wait for the key they were signed with: a stream. */
  readonly waiting: string
  /** With which keys, and how far, the waiting letters have been tried: a text. */
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
