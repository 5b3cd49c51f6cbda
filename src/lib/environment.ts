// The only code that reads variables: first from the bindings of a request, then from the runtime's environment.

import { deniedVariable, runtimeVariable, variablesVary } from '#runtime-environment'
import { type Check, reportTo } from './checks.ts'
import { ownMember } from './own-member.ts'
import { failure, type Result, success } from './result.ts'
import { typeInsteadOfText } from './type-of.ts'

export { deniedVariable }

/** The variables that this package reads (protocol §6). */
export type VariableName =
  | 'CARACAL_STS_URL'
  | 'CARACAL_ZONE_ID'
  | 'CARACAL_AUDIENCE'
  | 'CARACAL_ALLOW_INSECURE_CONFIG_URLS'
  | 'UPSTASH_REDIS_REST_URL'
  | 'UPSTASH_REDIS_REST_TOKEN'
  | 'KV_REST_API_URL'
  | 'KV_REST_API_TOKEN'
  | 'STREAMS_HMAC_KEY'

/** Whether the bindings have this variable. Blank text counts as absent; anything else that is not text does not. */
export function isBound(bindings: unknown, name: VariableName): boolean {
  return isPresent(ownMember(bindings, name))
}

/** As `isBound`, of the runtime's environment. */
export function isInRuntime(name: VariableName): boolean {
  return isPresent(readFromRuntime(name))
}

/**
 * A variable's text, trimmed, from the bindings or else from the runtime.
 * @returns the reason of a failure is what the variable is instead of text, or `undefined` if it is not set
 */
export function variable(bindings: unknown, name: VariableName): Result<string, string | undefined> {
  const bound = ownMember(bindings, name)
  const value = isPresent(bound) ? bound : readFromRuntime(name)
  if (typeof value === 'string' && isPresent(value)) return success(value.trim())
  return failure(isPresent(value) ? typeInsteadOfText(value) : undefined)
}

/** A variable that must be set and valid. Adds an issue if it is not. */
export function requiredVariable<T>(
  bindings: unknown,
  name: VariableName,
  check: Check<T>,
  issues: string[],
  advice?: string,
): T | undefined {
  const found = variable(bindings, name)
  if (found.ok) return check(found.value, reportTo(issues, name))
  const unseen = deniedVariable(name)
  const missing = unseen === undefined ? `${name} is not set` : `${name} is not set, or ${unseen}`
  const advised = advice === undefined ? missing : `${missing}: ${advice}`
  issues.push(found.reason === undefined ? advised : `${name} must be a string, not ${found.reason}`)
  return undefined
}

/** Whether a variable is exactly this text. A binding of any kind takes precedence over the runtime. */
export function isExactly(text: string, bindings: unknown, name: VariableName): boolean {
  return (ownMember(bindings, name) ?? readFromRuntime(name)) === text
}

function isPresent(value: unknown): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value !== undefined && value !== null
}

/** What notes the reads. Reading is synchronous, so that one at a time is enough. */
let noting: Map<string, unknown> | undefined

function readFromRuntime(name: string): unknown {
  const value = runtimeVariable(name)
  noting?.set(name, value)
  return value
}

/** The variables of the runtime from which something was built. On Workers, `withEnv` gives some requests other values. */
export class RuntimeReads {
  readonly #seen = new Map<string, unknown>()

  /** Notes what is read while this runs. It must be synchronous. */
  during<T>(run: () => T): T {
    const outer = noting
    noting = this.#seen
    try {
      return run()
    } finally {
      noting = outer
    }
  }

  /** The name of a variable that has another value now, or `undefined` if none has. */
  difference(): string | undefined {
    if (!variablesVary) return undefined
    for (const [name, value] of this.#seen) if (!Object.is(runtimeVariable(name), value)) return name
    return undefined
  }
}
