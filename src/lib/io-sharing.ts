// Whether one request may wait for I/O that another one has started. It depends on the runtime.

import { globalMember } from './global-member.ts'

/**
 * - `free`: I/O belongs to the process (Node, Bun, Deno)
 * - `by_request`: I/O belongs to the request that started it and ends with it, perhaps without settling (workerd)
 * - `none`: it is not known, or whoever waited would continue as part of the other request (workerd before 2024-10-14)
 */
export type IoSharing = 'free' | 'by_request' | 'none'

export function ioSharing(): IoSharing {
  if (isWorkerd()) return hasOwnContinuations() ? 'by_request' : 'none'
  return typeof globalMember('process', 'versions', 'node') === 'string' ? 'free' : 'none'
}

/** Whether this is workerd, the runtime of Cloudflare Workers. */
export function isWorkerd(): boolean {
  try {
    return globalThis.navigator.userAgent === 'Cloudflare-Workers'
  } catch {
    return false // Node 20 has no `navigator`.
  }
}

/** Whether a request whose promise another one settles continues as itself: a compatibility flag of workerd. */
function hasOwnContinuations(): boolean {
  return globalMember('Cloudflare', 'compatibilityFlags', 'handle_cross_request_promise_resolution') === true
}
