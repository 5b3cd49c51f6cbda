// The guard of an MCP server: a verified mandate, and for each tool and method what it requires of it.

import type { Denial } from '../../decision/decision.ts'
import { denialResponse } from '../../decision/denial-response.ts'
import { deny } from '../../decision/denials.ts'
import { CaracalConfigError } from '../../decision/errors.ts'
import { admit, warmUp } from '../../guard/admit.ts'
import type { Authority } from '../../guard/authority.ts'
import { guardPerEnvironment } from '../../guard/environments.ts'
import { answerForeign } from '../../guard/foreign-request.ts'
import type { ExcludedPath } from '../../guard/options.ts'
import type { CaracalContext, GuardedFetch } from '../../guard/with-caracal.ts'
import { GUARD_MCP, mistakeInHandler } from '../../guard/wrong-arguments.ts'
import { memberOf } from '../../lib/own-member.ts'
import { isEventStream } from '../../live/event-stream.ts'
import { liveResponse } from '../../live/response.ts'
import { credential } from '../../request/credential.ts'
import { type McpAuthInfo, principalOf, toAuthInfo } from './auth-info.ts'
import type { NoOtherMcpOption } from './exact-options.ts'
import { SESSION_ID } from './headers.ts'
import { judged } from './incoming.ts'
import { metadataAnswer, pathOfRequest } from './metadata.ts'
import type { McpOptions } from './options.ts'
import { forPage, isPreflight, pageOf, preflightAnswer } from './origin.ts'
import { deniedText, type MessageId, refuseCall, reportOf } from './refusals.ts'
import { KnownSessions } from './sessions.ts'
import { type McpSettings, mcpOptionsReader } from './settings.ts'

/** What an MCP server is given beside the request, in the form that the SDKs take. */
export interface McpCall {
  /** Who calls. */
  readonly authInfo: McpAuthInfo
  /** The message in the body, which has been judged. `undefined` for `GET` and `DELETE`. */
  readonly parsedBody: unknown
}

/** The second argument of a guarded MCP server. Frozen. */
export interface McpContext<Excluded extends readonly ExcludedPath[] = never>
  extends CaracalContext<Excluded> {
  /** To be passed to the server. `undefined` on an excluded path, which is possible only with `exclude`. */
  readonly mcp: [Excluded] extends [never] ? McpCall : McpCall | undefined
}

/**
 * An MCP server as a fetch handler. The request of a `POST` is a new one, with the body that was judged: it is a plain
 * `Request`, also where the platform has a class of its own.
 */
export type McpHandler<
  Platform extends readonly unknown[],
  Excluded extends readonly ExcludedPath[] = never,
> = (request: Request, context: McpContext<Excluded>, ...platform: Platform) => Response | Promise<Response>

/**
 * Puts the guard in front of an MCP server of any SDK.
 *
 * A mandate is verified as by `withCaracal`, before anything of the body is read. Then the one message in the body is
 * read, and must meet what `tools` and `methods` require of it. The server gets the message as it was judged, as a new
 * request and as `mcp.parsedBody`. Any other request is answered with 401, 403 or 503, or with 400 to 415 where it is
 * not a plain message; where the message has been read, with a JSON-RPC error that has its id. The metadata of the resource
 * (RFC 9728) is served to everybody.
 *
 * @param options as in `withCaracal`, or a function of the platform arguments that returns them
 * @throws {CaracalConfigError} naming every mistake in the options, as `withCaracal` does
 * @example
 * ```ts
 * export default {
 *   fetch: guardMcp((request, { mcp }) => server.fetch(request, mcp), {
 *     resource: 'https://billing.example/mcp',
 *     audience: 'resource://billing-api',
 *     revocations,
 *     requiredScopes: ['billing:read'],
 *     tools: { 'invoices.list': {}, 'payouts.create': { requiredScopes: ['billing:payout'] } },
 *   }),
 * }
 * ```
 */
export function guardMcp<
  Platform extends readonly [...Known, ...unknown[]],
  const Excluded extends readonly ExcludedPath[] = never,
  // The parameters of the options function, usually fewer than those of the handler.
  Known extends readonly unknown[] = Platform,
  // What the options function returns, to find unknown names in it.
  Given = McpOptions<Excluded>,
>(
  handler: McpHandler<Platform, Excluded>,
  options:
    | McpOptions<Excluded>
    | ((...platform: Known) => McpOptions<Excluded> & Given & NoOtherMcpOption<Given>),
): GuardedFetch<Platform> {
  const mistake = mistakeInHandler(handler, options, GUARD_MCP)
  if (mistake !== undefined) throw new CaracalConfigError([mistake])
  const { more, settingsOf } = mcpOptionsReader()
  const guardFor = guardPerEnvironment(options, undefined, more)
  const sessions = new KnownSessions()

  const contextOf = (authority: Authority | undefined, mcp: McpCall | undefined) =>
    // Without `exclude`, the type promises both, and no request is skipped.
    Object.freeze({ caracal: authority?.mandate, authority, mcp }) as McpContext<Excluded>

  const guarded = async (request: Request, ...platform: Platform): Promise<Response> => {
    const foreign = answerForeign(request, platform)
    if (foreign !== undefined) return foreign
    // Without settings, the guard could not be built, and refuses the request below.
    const early = settingsOf(guardFor(platform).guard)
    const open = early && openAnswer(request, early)
    if (open !== undefined) return open

    const passage = await admit(guardFor, platform, request)
    // Those of the guard that has admitted: an earlier one may have been one that could not be built.
    const settings = passage.denial === undefined ? settingsOf(passage.by.guard) : early
    const page = settings && pageOf(request, settings.allowedOrigins)
    if (passage.denial === undefined && passage.authority === undefined)
      return handler(request, contextOf(undefined, undefined), ...platform)
    if (page === 'refused') {
      const refusal = reportOf('origin_not_allowed')
      if (passage.denial === undefined) passage.authority?.reportRefusal(refusal)
      else passage.report(refusal)
      return refuseCall('origin_not_allowed')
    }
    if (passage.denial !== undefined) return forPage(passage.refusal(), page)
    const { authority } = passage
    if (authority === undefined || settings === undefined) return denialResponse(deny('server_error'))
    const principal = principalOf(authority.mandate)
    const incoming = await judged(request, { settings, sessions, authority, principal })
    if (incoming instanceof Response) return forPage(incoming, page)

    const mcp = Object.freeze({ authInfo: authInfoOf(request, authority, settings), ...incoming.mcp })
    const response = await handler(incoming.request, contextOf(authority, mcp), ...platform)
    if (!isResponse(response)) return response
    const issued = incoming.startsSession ? response.headers.get(SESSION_ID) : null
    if (issued !== null) sessions.add(issued, principal)
    return forPage(live(response, authority, incoming.id, settings), page)
  }
  return Object.assign(guarded, {
    warmup: (...platform: Platform) => warmUp(guardFor, platform),
  })
}

/** The answer to what needs no mandate: the metadata, and the preflight of a page that may call. */
function openAnswer(request: Request, settings: McpSettings): Response | undefined {
  const path = pathOfRequest(request)
  if (path !== undefined && settings.metadataPaths.has(path))
    return metadataAnswer(request, settings.metadata)
  if (!isPreflight(request)) return undefined
  const page = pageOf(request, settings.allowedOrigins)
  return page === undefined || page === 'refused'
    ? undefined
    : preflightAnswer(request, page, settings.credentialHeader ?? 'authorization')
}

function authInfoOf(request: Request, { mandate }: Authority, settings: McpSettings): McpAuthInfo {
  const token = credential(request.headers, settings.credentialHeader) ?? ''
  const { resource, resourceMetadata } = settings
  return {
    ...toAuthInfo(mandate, token),
    resource: new URL(resource),
    resourceMetadataUrl: resourceMetadata,
  }
}

/** An event stream that ends with the authority. The request whose answer it was to bring is answered with the denial. */
function live(
  response: Response,
  authority: Authority,
  id: MessageId | undefined,
  { recheckEveryMs }: McpSettings,
): Response {
  if (recheckEveryMs === Number.POSITIVE_INFINITY || !isEventStream(response)) return response
  if (response.bodyUsed || response.body?.locked) return response
  if (id === undefined) return liveResponse(response, authority, { recheckEveryMs })
  const onEnd = (denial: Denial) => `event: message\ndata: ${deniedText(denial, id)}\n\n`
  return liveResponse(response, authority, { recheckEveryMs, onEnd })
}

/** Not by its class: a response from `fetch` has another one where a framework has replaced the global. */
function isResponse(value: unknown): value is Response {
  return typeof memberOf(memberOf(value, 'headers'), 'get') === 'function'
}
