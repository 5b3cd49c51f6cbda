// Names that services in other languages share in Redis (protocol §5), and the one that is this package's own.

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
