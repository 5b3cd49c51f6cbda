// Reads an object of options against a table of checks, and collects everything that is wrong with it.

import { type Checks, isRecord, typeOf } from './checks.ts'
import { ownMember } from './own-member.ts'

/** The options that were given and are sound. */
export type Checked<Table extends Checks> = {
  readonly [Option in keyof Table]?: Exclude<ReturnType<Table[Option]>, undefined>
}

/**
 * Reads `source`, each own member once. Names outside the table are mistakes, and so is a member that is there but
 * `undefined`: it would silently stand for the default where something else was meant.
 *
 * The result has no prototype: options that were not given are not found on `Object.prototype` either.
 * @param where how the object is called in messages, such as `routes["/admin"]`; `''` for the options themselves
 */
export function readOptions<const Table extends Checks>(
  source: unknown,
  table: Table,
  where: string,
  issues: string[],
): Checked<Table> {
  if (!isRecord(source)) {
    issues.push(`${where === '' ? 'the options' : where} must be an object, not ${typeOf(source)}`)
    return Object.create(null)
  }
  for (const option of Object.keys(source)) {
    if (!Object.hasOwn(table, option)) issues.push(unknownOption(option, table, where))
  }
  const checked: { [option: string]: unknown } = Object.create(null)
  for (const [option, check] of Object.entries(table)) {
    if (!Object.hasOwn(source, option)) continue
    const name = where === '' ? option : `${where}.${option}`
    const value = ownMember(source, option)
    if (value === undefined) {
      issues.push(
        `${name} is undefined, perhaps for a variable that is not set: give it a value, or leave it out`,
      )
      continue
    }
    const result = check(value, (problem) =>
      issues.push(problem.startsWith('[') ? `${name}${problem}` : `${name} ${problem}`),
    )
    if (result !== undefined) checked[option] = result
  }
  return checked as Checked<Table>
}

function unknownOption(option: string, table: Checks, where: string): string {
  const known = Object.keys(table)
  const plain = (name: string) => name.replaceAll(/[^a-z]/gi, '').toLowerCase()
  const meant = known.find((name) => plain(name) === plain(option))
  const place = where === '' ? '' : ` in ${where}`
  return meant === undefined
    ? `"${option}" is no option${place}; the options are ${known.join(', ')}`
    : `"${option}" is no option${place}; it is spelt ${meant}`
}

/** Whether an option was written down at all, by the object itself, soundly or not. */
export function isGiven(options: unknown, name: string): boolean {
  return typeof options === 'object' && options !== null && Object.hasOwn(options, name)
}
