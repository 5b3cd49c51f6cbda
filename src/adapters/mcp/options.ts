// The options of `guardMcp` as users write them. Their checks and defaults are in option-table.ts.

import type { CaracalOptions, ExcludedPath } from '../../guard/options.ts'
import type { Requirements } from '../../requirements.ts'

/** The options of `guardMcp`: those of `withCaracal`, and these. */
export interface McpOptions<Excluded extends readonly ExcludedPath[] = readonly ExcludedPath[]>
  extends CaracalOptions<Excluded> {
  /**
   * The URL of this MCP server, as its clients know it: `https:`, or `http:` on a loopback host. Its metadata (RFC 9728)
   * is served at the well-known path, and every challenge names it, unless `resourceMetadata` names another. It is not
   * the audience of mandates.
   */
  readonly resource: string
  /**
   * Tool → what a call of it requires, in addition to what the guard requires; `{}` for no more. A tool that is not here
   * is refused with 403. Default: `{}`, no tool.
   * @example
   * ```ts
   * tools: {
   *   'invoices.list': {},
   *   'payouts.create': { requiredScopes: ['billing:payout'], requireDelegation: true, maxHopCount: 2 },
   * }
   * ```
   */
  readonly tools?: { readonly [tool: string]: Requirements }
  /** What a call of any tool requires that `tools` does not list. Default: such a call is refused. */
  readonly otherTools?: Requirements
  /**
   * JSON-RPC method → what a message with it requires, in addition to what the guard requires. A method that is not here
   * is refused with 403, except `initialize`, `ping`, `server/discover`, `tools/list`, `prompts/list`, `resources/list`,
   * `resources/templates/list`, `tools/call` (see `tools`), and notifications. Default: `{}`.
   * @example
   * ```ts
   * methods: { 'resources/read': { requiredScopes: ['billing:read'] }, 'prompts/get': {} }
   * ```
   */
  readonly methods?: { readonly [method: string]: Requirements }
  /** The largest body that is read, in bytes. A larger one is refused with 413. Default: `4194304`, 4 MiB. */
  readonly maxBodyBytes?: number
  /**
   * The origins of pages that may call, as browsers send them: `'https://app.example'`. Their preflights are answered, and
   * they can read the answers. A request of a page of any other origin is refused with 403. Default: the origin of
   * `resource` alone.
   */
  readonly allowedOrigins?: readonly string[]
  /**
   * How often an open event stream is checked for expiry and revocation of its mandate, in milliseconds, 100 or more. The
   * stream ends with the authority. `false`: it does not. Default: `{ recheckEveryMs: 30000 }`.
   */
  readonly live?: false | { readonly recheckEveryMs: number }
}
