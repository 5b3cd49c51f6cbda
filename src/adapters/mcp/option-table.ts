// Every option that `guardMcp` has beside those of a guard, with its check and its default.

import { SIGNAL_OPTIONS } from '../../guard/authority-signal.ts'
import { type Check, identifier, listOf, type Reporter, restricted, wholeNumber } from '../../lib/checks.ts'
import { isInsecure, MUST_BE_SECURE } from '../../lib/insecure-urls.ts'
import { DEFAULT_MAX_BODY_BYTES, DEFAULT_RECHECK_MS, MAX_MESSAGE_NAME_LENGTH } from '../../lib/limits.ts'
import { isPlainObject, ownMember } from '../../lib/own-member.ts'
import { checksOf, objectOf } from '../../lib/read-options.ts'
import { meantBy } from '../../lib/suggestions.ts'
import { typeOf } from '../../lib/type-of.ts'
import { documentUrl } from '../../lib/urls.ts'
import { REQUIREMENTS, type Requirements } from '../../requirements.ts'
import { KNOWN_METHODS, type McpRules, type NamedRequirements } from './rules.ts'
import { spellingOf } from './spelling.ts'

export const RESOURCE_MISSING =
  "resource is missing: the URL of this MCP server, as its clients know it, such as 'https://billing.example/mcp'"

/** As it is written: clients compare the text. */
export const resourceUrl: Check<string> = (value, report) => {
  const url = restricted(documentUrl, (href) => !isInsecure(href), MUST_BE_SECURE)(value, report)
  if (url === undefined || typeof value !== 'string') return undefined
  if (!value.includes('?')) return value
  report('must not contain a query')
  return undefined
}

export const requirementsOption: Check<Requirements> = (value, report) => {
  const read = objectOf(checksOf(REQUIREMENTS))(value, report)
  return read && Object.freeze(read)
}

/** Names → requirements. */
export function named(what: 'tool' | 'method'): Check<NamedRequirements> {
  return (value, report) => {
    if (!isPlainObject(value)) {
      const instead = Array.isArray(value) ? `: write { '…': {} } for a ${what} that requires no more` : ''
      report(`must be an object of ${what} → requirements, not ${typeOf(value)}${instead}`)
      return undefined
    }
    const read = new Map<string, Requirements>()
    const spellings = new Map<string, string>(
      what === 'method' ? KNOWN_METHODS.map((name) => [name, name]) : [],
    )
    for (const name of Reflect.ownKeys(value)) {
      if (typeof name === 'symbol') {
        report(`must not have a symbol as a key: the name of a ${what} is a string`)
        continue
      }
      const reportOne = report.at(`[${JSON.stringify(name)}]`)
      const requirements = requirementsOf(ownMember(value, name), reportOne, what)
      if (!isPossibleName(name, reportOne.at(': the key')) || requirements === undefined) continue
      const spelling = spellingOf(name)
      const other = spellings.get(spelling) ?? name
      if (other !== name)
        reportOne(`is another spelling of ${JSON.stringify(other)}, which servers could take for it`)
      else if (what === 'method') reportSlip(name, reportOne)
      spellings.set(spelling, name)
      read.set(name, requirements)
    }
    return read
  }
}

/** A method with a slip would run without the rule that was written for it, if it is one that needs none. */
function reportSlip(name: string, report: Reporter): void {
  const meant = KNOWN_METHODS.includes(name) ? undefined : meantBy(name, KNOWN_METHODS)
  if (meant !== undefined)
    report(`is almost ${JSON.stringify(meant)}, to which the rule would not apply: write that name`)
}

function requirementsOf(value: unknown, report: Reporter, what: string): Requirements | undefined {
  if (typeof value !== 'boolean') return requirementsOption(value, report)
  report(
    value
      ? `must be an object, not a boolean: write {} for a ${what} that requires no more`
      : `must be an object, not a boolean: leave a ${what} out that is to be refused`,
  )
  return undefined
}

function isPossibleName(name: string, report: Reporter): boolean {
  if (identifier(name, report) === undefined) return false
  if (name.length <= MAX_MESSAGE_NAME_LENGTH) return true
  report(`must not be longer than ${MAX_MESSAGE_NAME_LENGTH} characters`)
  return false
}

const origin: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined) return undefined
  if (text === '*' || text.includes('*')) report('must be one origin, without *: list each')
  else if (!isOrigin(text))
    report("must be an origin as browsers send it, such as 'https://app.example', without a path")
  else return text
  return undefined
}

/** Apps and extensions have schemes of their own, whose URLs have no origin in the sense of `URL`. */
function isOrigin(text: string): boolean {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#@,\\]+$/.test(text)) return false
  if (!/^https?:/.test(text)) return true
  try {
    return new URL(text).origin === text
  } catch {
    return false
  }
}

const liveOptions = objectOf({ recheckEveryMs: SIGNAL_OPTIONS.recheckEveryMs })

/** How often, in milliseconds; `Infinity` for never. */
const live: Check<number> = (value, report) => {
  if (value === false) return Number.POSITIVE_INFINITY
  if (!isPlainObject(value)) {
    report(
      `must be an object, not ${typeOf(value)}: { recheckEveryMs: ${DEFAULT_RECHECK_MS} }, or false for never`,
    )
    return undefined
  }
  const read = liveOptions(value, report)
  return read && (read.recheckEveryMs ?? DEFAULT_RECHECK_MS)
}

/** The options in the form in which they are used. */
export const MCP_CHECKS = {
  resource: resourceUrl,
  tools: named('tool'),
  otherTools: requirementsOption,
  methods: named('method'),
  maxBodyBytes: wholeNumber(1, 'a whole number of bytes, 1 or more'),
  allowedOrigins: listOf(origin, 'origins'),
  live,
} as const

export const MCP_DEFAULTS = {
  maxBodyBytes: DEFAULT_MAX_BODY_BYTES,
  live: DEFAULT_RECHECK_MS,
} as const

/** The distinct scopes that are required of every call, or of some tools or methods. */
export function scopesIn(
  { requiredScopes = [] }: Requirements,
  { tools, otherTools, methods }: Partial<Pick<McpRules, 'tools' | 'otherTools' | 'methods'>>,
): readonly string[] {
  const others = otherTools === undefined ? [] : [otherTools]
  const named = [...others, ...(tools?.values() ?? []), ...(methods?.values() ?? [])]
  return [...new Set([...requiredScopes, ...named.flatMap((one) => one.requiredScopes ?? [])])]
}
