// Requirements that are given beside the options: to a verifier, to Hono's `requireMandate`, to an authority.

import { CaracalConfigError } from '../decision/errors.ts'
import { reportTo } from '../lib/checks.ts'
import { checksOf, objectOf } from '../lib/read-options.ts'
import { REQUIREMENTS, type Requirements } from '../requirements.ts'

const readMembers = objectOf(checksOf(REQUIREMENTS))

/**
 * Requirements in addition to those of a rule. A missing one requires nothing more.
 * @param given the arguments: one object. Others would be ignored in silence.
 * @throws {CaracalConfigError} naming every mistake
 */
export function readRequirements(...given: readonly unknown[]): Requirements {
  const issues: string[] = []
  const [requirements] = given
  if (given.length > 1) issues.push('requirements must be one object, with everything that is required in it')
  const read = readMembers(requirements, reportTo(issues, 'requirements'))
  if (issues.length > 0 || read === undefined) throw new CaracalConfigError(issues)
  return Object.freeze(read)
}

const knownRequirements = new WeakMap<object, Requirements>()

/** As `readRequirements`, once per object: later changes to it have no effect. */
export function readRequirementsOnce(requirements: object, ...surplus: readonly unknown[]): Requirements {
  const known = surplus.length > 0 ? undefined : knownRequirements.get(requirements)
  if (known !== undefined) return known
  const read = readRequirements(requirements, ...surplus)
  knownRequirements.set(requirements, read)
  return read
}
