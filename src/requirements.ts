// What a route requires of a valid mandate: one table with a row for each requirement, in the order of protocol §3.

import type { DenialReason } from './decision/decision.ts'
import {
  type Check,
  flag,
  identifier,
  identifiers,
  listOf,
  oneOf,
  restricted,
  wholeNumber,
} from './lib/checks.ts'
import { MANDATE_USES, type Mandate, type MandateUse, type VerifiedClaims } from './mandate.ts'

/** What a route requires of a mandate that is valid for this service (protocol §3, steps 4 to 6). */
export interface Requirements {
  /** Scopes, all of which the mandate must have. Default: none. */
  readonly requiredScopes?: readonly string[]
  /** Target resources, all of which the mandate must name. Default: none. */
  readonly requiredTargets?: readonly string[]
  /** The `use` that the mandate must have. Default: `'resource'`. */
  readonly requiredUse?: MandateUse
  /** Whether an agent session must be acting. Default: `false`. */
  readonly requireAgent?: boolean
  /** Whether the authority must have been delegated. Default: `false`. */
  readonly requireDelegation?: boolean
  /** Ids of applications, all of which must be part of the delegation chain. Default: none. */
  readonly requireChainContains?: readonly string[]
  /**
   * The most delegations between subject and agent; `0` refuses every delegated mandate. The count is the largest of
   * `hop_count`, the length of the path, the length of the chain minus 1, and 1 if there is an edge. Default: `10`.
   */
  readonly maxHopCount?: number
}

/** Requirements without optional members. */
export type CompleteRequirements = {
  readonly [Name in keyof Requirements]-?: Exclude<Requirements[Name], undefined>
}

/** Whether a value admits mandates that the value of an enclosing route refuses. */
export type IsLaxer<Value> = (enclosing: Value, instead: Value) => boolean

export const lacksSome: IsLaxer<readonly string[]> = (enclosing, instead) => !includesAll(instead, enclosing)
export const isLarger: IsLaxer<number> = (enclosing, instead) => instead > enclosing
export const differs: IsLaxer<unknown> = (enclosing, instead) => instead !== enclosing
const isDropped: IsLaxer<boolean> = (enclosing, instead) => enclosing && !instead

/** A scope token (RFC 6749 §3.3). Spaces separate tokens, so a scope with a space could never be granted. */
const scope = restricted(
  identifier,
  (text) => !/\s/.test(text),
  'must be one scope, without white space: write each scope as an element of its own',
)

/** A claim may have a value that no requirement can name. */
export type Held<Value> = Value extends string ? string : Value

interface Requirement<Value> {
  /** The check of the option. */
  readonly check: Check<Value>
  readonly default: Value
  /** Why a mandate that does not meet it is refused. */
  readonly reason: DenialReason
  /** What the mandate has. `explain` shows it: never an id that can be revoked. */
  readonly held: (claims: VerifiedClaims) => Held<Value>
  readonly isMet: (held: Held<Value>, required: Value) => boolean
  readonly isLaxer: IsLaxer<Value>
}

/** The table from which option checks, defaults, the evaluation of mandates and the comparison of routes derive. */
export const REQUIREMENTS: {
  readonly [Name in keyof CompleteRequirements]: Requirement<CompleteRequirements[Name]>
} = {
  requiredUse: {
    check: oneOf(...MANDATE_USES),
    default: 'resource',
    reason: 'wrong_use',
    held: ({ use }) => use,
    isMet: (use, required) => use === required,
    isLaxer: differs,
  },
  requiredScopes: {
    check: listOf(scope),
    default: Object.freeze([]),
    reason: 'insufficient_scope',
    held: ({ scopes }) => scopes,
    isMet: includesAll,
    isLaxer: lacksSome,
  },
  requiredTargets: {
    check: identifiers,
    default: Object.freeze([]),
    reason: 'missing_target',
    held: ({ targetResources }) => targetResources,
    isMet: includesAll,
    isLaxer: lacksSome,
  },
  requireAgent: {
    check: flag,
    default: false,
    reason: 'agent_required',
    held: ({ agentSessionId }) => agentSessionId !== undefined,
    isMet: (hasAgent, required) => hasAgent || !required,
    isLaxer: isDropped,
  },
  requireDelegation: {
    check: flag,
    default: false,
    reason: 'delegation_required',
    held: ({ delegationEdgeId }) => delegationEdgeId !== undefined,
    isMet: (isDelegated, required) => isDelegated || !required,
    isLaxer: isDropped,
  },
  maxHopCount: {
    check: wholeNumber(0, 'a whole number, 0 or more'),
    default: 10,
    reason: 'hop_count_exceeded',
    held: hopsOf,
    isMet: (hops, most) => hops <= most,
    isLaxer: isLarger,
  },
  requireChainContains: {
    check: identifiers,
    default: Object.freeze([]),
    reason: 'chain_mismatch',
    held: ({ delegationChain }) => delegationChain.map(({ applicationId }) => applicationId),
    isMet: includesAll,
    isLaxer: lacksSome,
  },
}

/** In the order in which they are checked. */
export const REQUIREMENT_NAMES = Object.keys(REQUIREMENTS) as readonly (keyof Requirements)[]

/** Whether there is nothing that a mandate would have to have. */
export function requiresNothing(required: CompleteRequirements[keyof Requirements] | undefined): boolean {
  return required === undefined || required === false || (Array.isArray(required) && required.length === 0)
}

interface CompiledRequirement {
  readonly reason: DenialReason
  readonly isMet: (mandate: Mandate) => boolean
}

const compiled = new WeakMap<Requirements, readonly CompiledRequirement[]>()

/**
 * The first requirement's reason that a mandate does not meet, or `undefined`. Missing requirements are not checked.
 * @param all are compiled once for each object, which must not change any more
 */
export function firstUnmet(mandate: Mandate, all: readonly Requirements[]): DenialReason | undefined {
  for (const requirements of all) {
    const reason = unmetRequirement(mandate, requirements)
    if (reason !== undefined) return reason
  }
  return undefined
}

function unmetRequirement(mandate: Mandate, requirements: Requirements): DenialReason | undefined {
  let rows = compiled.get(requirements)
  if (rows === undefined) {
    rows = REQUIREMENT_NAMES.flatMap((name) => compiledRequirement(name, requirements))
    compiled.set(requirements, rows)
  }
  for (const { isMet, reason } of rows) if (!isMet(mandate)) return reason
  return undefined
}

function compiledRequirement<Name extends keyof CompleteRequirements>(
  name: Name,
  all: Partial<CompleteRequirements>,
): readonly CompiledRequirement[] {
  const required: CompleteRequirements[Name] | undefined = all[name]
  if (required === undefined || requiresNothing(required)) return []
  const { held, isMet, reason } = REQUIREMENTS[name]
  return [{ reason, isMet: (mandate) => isMet(held(mandate), required) }]
}

/** Any of these claims may be absent, so the largest number counts. */
function hopsOf({ hopCount, delegationPath, delegationChain, delegationEdgeId }: VerifiedClaims): number {
  const edges = delegationEdgeId === undefined ? 0 : 1
  return Math.max(hopCount, delegationPath.length, delegationChain.length - 1, edges)
}

function includesAll(held: readonly string[], required: readonly string[]): boolean {
  for (const one of required) if (!held.includes(one)) return false
  return true
}
