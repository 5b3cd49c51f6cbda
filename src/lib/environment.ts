// The only code that reads variables: first from the bindings of a request, then from the runtime's environment.

import { runtimeVariable } from '#runtime-environment'
import { ownMember } from './own-member.ts'

/** The variables that a guard can take options from. */
export const GUARD_VARIABLES = [
  'CARACAL_STS_URL',
  'CARACAL_ZONE_ID',
  'CARACAL_AUDIENCE',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
] as const

/** The variables that this package reads (protocol §6). */
export type VariableName = (typeof GUARD_VARIABLES)[number] | 'STREAMS_HMAC_KEY'

/** An own member of the bindings, if it is a string that is not blank. Anything else counts as absent. */
export function binding(bindings: unknown, name: VariableName): string | undefined {
  if (typeof bindings !== 'object' || bindings === null) return undefined
  return present(ownMember(bindings, name))
}

/** A variable's value, trimmed, from the bindings or else from the runtime. */
export function variable(bindings: unknown, name: VariableName): string | undefined {
  return binding(bindings, name) ?? present(runtimeVariable(name))
}

function present(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const trimmed = value.trim()
  return trimmed === '' ? undefined : trimmed
}
