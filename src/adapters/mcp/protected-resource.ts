// Serves the metadata of a resource by itself: beside another guard, or where the routes of an app are apart.

import { CaracalConfigError } from '../../decision/errors.ts'
import { identifier, listOf, restricted } from '../../lib/checks.ts'
import { isInsecure, MUST_BE_SECURE } from '../../lib/insecure-urls.ts'
import { isGiven, readOptions } from '../../lib/read-options.ts'
import { documentUrl, serviceUrl } from '../../lib/urls.ts'
import { REQUIREMENTS } from '../../requirements.ts'
import { metadataAnswer, metadataText, metadataUrlOf, pathOfRequest } from './metadata.ts'
import { named, RESOURCE_MISSING, requirementsOption, resourceUrl, scopesIn } from './option-table.ts'
import type { McpOptions } from './options.ts'

/** The options of `protectedResource`. */
export interface ProtectedResourceOptions
  extends Pick<McpOptions, 'resource' | 'requiredScopes' | 'tools' | 'otherTools' | 'methods'> {
  /** The URLs of the servers that issue mandates for the resource: the STS. At least one. */
  readonly authorizationServers: readonly string[]
  /** Default: the scopes in `requiredScopes`, `tools`, `otherTools` and `methods`. */
  readonly scopesSupported?: readonly string[]
  /** The name of the resource, for people. Default: none. */
  readonly resourceName?: string
  /** The URL of a page for developers. Default: none. */
  readonly resourceDocumentation?: string
}

const secureUrl = restricted(serviceUrl, (url) => !isInsecure(url), MUST_BE_SECURE)

const CHECKS = {
  resource: resourceUrl,
  authorizationServers: restricted(
    listOf(secureUrl, 'URLs'),
    (list) => list.length > 0,
    'must name at least one',
  ),
  scopesSupported: REQUIREMENTS.requiredScopes.check,
  resourceName: identifier,
  resourceDocumentation: documentUrl,
  requiredScopes: REQUIREMENTS.requiredScopes.check,
  tools: named('tool'),
  otherTools: requirementsOption,
  methods: named('method'),
} as const

/**
 * Serves the metadata of a protected resource (RFC 9728), from which clients learn where mandates come from. It answers
 * `GET`, `HEAD` and preflights at the well-known path of the resource, in which the path of the resource comes last:
 * `/.well-known/oauth-protected-resource/mcp`. Every other path is a 404. Nothing in it comes from a request.
 *
 * `guardMcp` serves the same by itself. For `withCaracal`, set `resourceMetadata` to the URL of this document.
 *
 * @throws {CaracalConfigError} naming every mistake in the options
 * @example
 * ```ts
 * const metadata = protectedResource({
 *   resource: 'https://billing.example/mcp',
 *   authorizationServers: ['https://sts.example'],
 *   requiredScopes: ['billing:read'],
 * })
 * ```
 */
export function protectedResource(options: ProtectedResourceOptions): (request: Request) => Response {
  const issues: string[] = []
  const read = readOptions(options, CHECKS, issues)
  if (!isGiven(options, 'resource')) issues.push(RESOURCE_MISSING)
  if (!isGiven(options, 'authorizationServers')) {
    issues.push("authorizationServers is missing: write ['https://…'] with the URL of the STS")
  }
  const { resource, authorizationServers } = read
  if (issues.length > 0 || resource === undefined || authorizationServers === undefined) {
    throw new CaracalConfigError(issues)
  }
  const text = metadataText({
    resource,
    authorizationServers,
    scopesSupported: read.scopesSupported ?? scopesIn(read, read),
    isBearer: true,
    resourceName: read.resourceName,
    resourceDocumentation: read.resourceDocumentation,
  })
  const { pathname } = new URL(metadataUrlOf(resource))
  return (request) =>
    pathOfRequest(request) === pathname ? metadataAnswer(request, text) : new Response(null, { status: 404 })
}
