// A mandate in the form in which MCP servers know who calls, and the name of who calls.

import type { Mandate } from '../../mandate.ts'

/**
 * Who calls, in the form of the MCP SDKs (`AuthInfo`). Its lists can be changed, as there; the mandate in it is frozen.
 */
export interface McpAuthInfo {
  /** The mandate as it came. A server that logs this object logs a credential. */
  token: string
  /** The application that holds the mandate. */
  clientId: string
  scopes: string[]
  /** Seconds since 1970. */
  expiresAt: number
  /** The URL of this MCP server. Set by `guardMcp`. */
  resource?: URL
  /** The URL of its metadata, which SDKs of the second generation name in challenges. Set by `guardMcp`. */
  resourceMetadataUrl?: string
  extra: {
    /** The verified mandate. */
    caracal: Mandate
    [more: string]: unknown
  }
}

/**
 * A mandate as the `AuthInfo` of the MCP SDKs, for servers that are guarded by `withCaracal` or `caracal()`. `guardMcp` does
 * it by itself. Tools find the mandate as `extra.caracal`.
 *
 * @param token the mandate as it came in the request
 * @example
 * ```ts
 * transport.handleRequest(request, { authInfo: toAuthInfo(caracal, token) })
 * ```
 */
export function toAuthInfo(mandate: Mandate, token: string): McpAuthInfo {
  const { clientId, scopes, expiresAt } = mandate
  return { token, clientId, scopes: [...scopes], expiresAt, extra: { caracal: mandate } }
}

/**
 * A stable name for who calls: whoever has the same issuer, zone, subject and client has the same name, with every new
 * mandate, and nobody else has. For what belongs to a principal: sessions, tasks, caches. It is the JSON of a list, so that
 * no two principals share one.
 *
 * @throws {TypeError} for anything but a mandate, so that nobody shares the name of nobody
 * @example
 * ```ts
 * const key = `${principalOf(caracal)} ${sessionId}`
 * ```
 */
export function principalOf(mandate: Mandate): string {
  const { issuer, zoneId, sub, clientId } = mandate
  const parts: readonly unknown[] = [issuer, zoneId, sub, clientId]
  if (!parts.every((part) => typeof part === 'string' && part !== '')) {
    throw new TypeError('principalOf takes a mandate')
  }
  // Issuers are compared without slashes at their end. Not the JSON of the list: it would depend on what other code has
  // put on `Array.prototype`.
  const texts = [issuer.replace(/\/+$/, ''), zoneId, sub, clientId].map((part) => JSON.stringify(part))
  return `[${texts.join(',')}]`
}
