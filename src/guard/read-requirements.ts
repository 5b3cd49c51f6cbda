// Requirements that are given beside the options: to a verifier, to Hono's `requireMandate`, to an authority.

import { CaracalConfigError } from '../decision/errors.ts'
import { reportTo } from '../lib/checks.ts'
import { checksOf, objectOf } from '../lib/read-options.ts'
import { REQUIREMENTS, type Requirements } from '../requirements.ts'

const readMembers = objectOf(checksOf(REQUIREMENTS))

/**
 * Requirements in addition to those of a rule. A missing one requires nothing more.
 * @throws {CaracalConfigError} naming every mistake
 */
export function readRequirements(requirements: unknown): Requirements {
  const issues: string[] = []
  const read = readMembers(requirements, reportTo(issues, 'requirements'))
  if (issues.length > 0 || read === undefined) throw new CaracalConfigError(issues)
  return Object.freeze(read)
}

const knownRequirements = new WeakMap<object, Requirements>()

/** As `readRequirements`, once per object: later changes to it have no effect. */
export function readRequirementsOnce(requirements: object): Requirements {
  const known = knownRequirements.get(requirements)
  if (known !== undefined) return known
  const read = readRequirements(requirements)
  knownRequirements.set(requirements, read)
  return read
}
