// Protected resource metadata (RFC 9728): where a client learns which server issues mandates for this resource.

import { bare } from '../../lib/own-member.ts'
import { urlPath } from '../../request/url-path.ts'

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** The URL of the metadata of a resource: its path comes after the well-known one (RFC 9728 §3.1). */
export function metadataUrlOf(resource: string): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}${WELL_KNOWN}${pathname === '/' ? '' : pathname}`
}

/** What the metadata says. */
export interface Metadata {
  readonly resource: string
  readonly authorizationServers: readonly string[]
  readonly scopesSupported: readonly string[]
  /** Whether the mandate comes in `Authorization`, the only header that this metadata knows. */
  readonly isBearer: boolean
  readonly resourceName?: string | undefined
  readonly resourceDocumentation?: string | undefined
}

/** The metadata as JSON. Members without a value are left out. */
export function metadataText(metadata: Metadata): string {
  const { resource, authorizationServers, scopesSupported, isBearer } = metadata
  return JSON.stringify(
    bare({
      resource,
      authorization_servers: authorizationServers,
      scopes_supported: scopesSupported.length > 0 ? scopesSupported : undefined,
      bearer_methods_supported: isBearer ? ['header'] : [],
      resource_name: metadata.resourceName,
      resource_documentation: metadata.resourceDocumentation,
    }),
  )
}

/** The path of a request, as it was written. `undefined` where it is ambiguous. */
export function pathOfRequest({ url }: Request): string | undefined {
  return urlPath(url)?.path
}

/** Public, and the same for everybody: pages of any origin may read it. A page asks first if it sends a header of MCP. */
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, HEAD',
  'Access-Control-Allow-Headers': '*',
} as const

const DOCUMENT_HEADERS = {
  ...CORS,
  'Content-Type': 'application/json',
  'Cache-Control': 'public, max-age=300',
} as const

/** The answer to a request for the metadata, by its HTTP method. */
export function metadataAnswer({ method }: Request, text: string): Response {
  if (method === 'GET' || method === 'HEAD') {
    return new Response(method === 'GET' ? text : null, bare({ headers: DOCUMENT_HEADERS }))
  }
  const headers = { ...CORS, Allow: 'GET, HEAD, OPTIONS' }
  return new Response(null, bare({ status: method === 'OPTIONS' ? 204 : 405, headers }))
}
