// Names and values that services in other languages share in Redis (protocol §5).

export const DEFAULT_KEY_PREFIX = 'caracal:revoked:sessions:'

export function anchorKey(prefix: string, anchorId: string): string {
  return `${prefix}${anchorId}`
}

export function epochKey(prefix: string, zoneId: string): string {
  return `${prefix}delegation-epoch:${zoneId}`
}
