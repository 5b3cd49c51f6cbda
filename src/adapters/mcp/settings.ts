// The options of `guardMcp`, read together with those of its guard, and the settings that belong to each guard.

import { CaracalConfigError } from '../../decision/errors.ts'
import { Guard } from '../../guard/guard.ts'
import type { MoreOptions } from '../../guard/read-guard-options.ts'
import type { RequestGuard } from '../../guard/request-guard.ts'
import type { Checked } from '../../lib/read-options.ts'
import { metadataText, metadataUrlOf } from './metadata.ts'
import { MCP_CHECKS, MCP_DEFAULTS, RESOURCE_MISSING, scopesIn } from './option-table.ts'
import type { McpRules, NamedRequirements } from './rules.ts'
import { spellingOf } from './spelling.ts'

export interface McpSettings {
  readonly resource: string
  readonly rules: McpRules
  readonly maxBodyBytes: number
  readonly allowedOrigins: ReadonlySet<string>
  /** How often open streams are checked; `Infinity` for never. */
  readonly recheckEveryMs: number
  /** The header that holds the bare mandate; `undefined` for `Authorization` and its scheme. */
  readonly credentialHeader: string | undefined
  /** The URL of the metadata, for clients. */
  readonly resourceMetadata: string
  /** Where the metadata is served. */
  readonly metadataPaths: ReadonlySet<string>
  readonly metadata: string
}

interface McpOptionsReader {
  readonly more: MoreOptions<typeof MCP_CHECKS>
  /** `undefined` for a guard that refuses everything because it could not be built. */
  settingsOf(guard: RequestGuard): McpSettings | undefined
}

export function mcpOptionsReader(): McpOptionsReader {
  const known = new WeakMap<RequestGuard, McpSettings>()
  return {
    settingsOf: (guard) => known.get(guard),
    more: {
      checks: MCP_CHECKS,
      read(given, isMissing, issues) {
        if (isMissing('resource')) issues.push(RESOURCE_MISSING)
        const { resource, maxBodyBytes, live } = { ...MCP_DEFAULTS, ...given }
        const rules = rulesIn(given)
        return (configuration) => {
          if (resource === undefined) throw new CaracalConfigError([RESOURCE_MISSING])
          const { defaultRule, credentialHeader } = configuration
          const derived = metadataUrlOf(resource)
          const resourceMetadata = configuration.resourceMetadata ?? derived
          const metadata = metadataText({
            resource,
            authorizationServers: [defaultRule.issuer],
            scopesSupported: scopesIn(defaultRule, rules),
            isBearer: credentialHeader === undefined,
          })
          const guard = Guard.of(Object.freeze({ ...configuration, resourceMetadata }))
          const { origin } = new URL(resource)
          known.set(guard, {
            resource,
            rules,
            maxBodyBytes,
            allowedOrigins: new Set([origin, ...(given.allowedOrigins ?? [])]),
            recheckEveryMs: live,
            credentialHeader,
            resourceMetadata,
            metadataPaths: pathsBelow(origin, [derived, resourceMetadata]),
            metadata,
          })
          return guard
        }
      },
    },
  }
}

function rulesIn({
  tools = new Map(),
  otherTools,
  methods = new Map(),
}: Checked<typeof MCP_CHECKS>): McpRules {
  return { tools, otherTools, methods, spellings: spellingsOf(tools), methodSpellings: spellingsOf(methods) }
}

function spellingsOf(named: NamedRequirements): ReadonlySet<string> {
  return new Set(Array.from(named.keys(), spellingOf))
}

/** The paths of those URLs that are at this origin. */
function pathsBelow(origin: string, urls: readonly string[]): ReadonlySet<string> {
  return new Set(
    urls.map((url) => new URL(url)).flatMap((url) => (url.origin === origin ? [url.pathname] : [])),
  )
}
