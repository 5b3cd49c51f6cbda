// Reads an object of options against a table of checks, and collects every mistake.

import { type Check, type Checks, type Reporter, reportTo } from './checks.ts'
import { isObject, isPlainObject, ownMember } from './own-member.ts'
import { meantBy } from './suggestions.ts'
import { isThenable } from './thenable.ts'
import { kindOf } from './thrown.ts'
import { typeOf } from './type-of.ts'

/** The options that were given and are valid. */
export type Checked<Table extends Checks> = {
  readonly [Option in keyof Table]?: Exclude<ReturnType<Table[Option]>, undefined>
}

/** More about an unknown name. */
type Explain = (option: string) => string | undefined

/**
 * Reads an object of options, each own member once. Unknown names are mistakes. So is a member that is `undefined`: the
 * default would replace a value that was meant to be there.
 *
 * The result has no prototype, so that a missing option is not found on `Object.prototype`.
 *
 * @param explain what to say of an unknown name, if more is known about it
 */
export function objectOf<const Table extends Checks>(
  table: Table,
  explain: Explain = () => undefined,
): Check<Checked<Table>> {
  return (source, report) => readable(report, () => readMembers(source, table, explain, report))
}

function readMembers<Table extends Checks>(
  source: unknown,
  table: Table,
  explain: Explain,
  report: Reporter,
): Checked<Table> | undefined {
  if (!isPlainObject(source)) {
    report(`must be an object, not ${typeOf(source)}${instead(source, table)}`)
    return undefined
  }
  // Also those that are not enumerable: an option must not be overlooked.
  const unknown = Reflect.ownKeys(source).filter((name) => !Object.hasOwn(table, name))
  if (unknown.length > 0) reportUnknown(unknown, table, explain, report)
  const checked: { [option: string]: unknown } = Object.create(null)
  for (const [option, check] of Object.entries(table)) {
    if (!Object.hasOwn(source, option)) continue
    const reportOption = report.at(`.${option}`)
    const result = readable(reportOption, () => {
      const member = ownMember(source, option)
      if (member !== undefined) return check(member, reportOption)
      reportOption('is undefined, perhaps because a variable is not set: set a value, or leave it out')
      return undefined
    })
    if (result !== undefined) checked[option] = result
  }
  return checked as Checked<Table>
}

/** Getters and Proxies can throw anything. It may quote a value, so that only its kind is named. */
function readable<Value>(report: Reporter, read: () => Value | undefined): Value | undefined {
  try {
    return read()
  } catch (error) {
    report(`cannot be read: reading it threw ${kindOf(error)}`)
    return undefined
  }
}

/** The checks of a table whose rows have other members too. */
export function checksOf<Table extends { readonly [option: string]: { readonly check: Check<unknown> } }>(
  table: Table,
) {
  const checks = Object.entries(table).map(([option, { check }]) => [option, check])
  return Object.fromEntries(checks) as { readonly [Option in keyof Table]: Table[Option]['check'] }
}

/** The defaults of a table's options, as far as they have one. The type names those that must have one. */
export function defaultsOf<Table extends { readonly [option: string]: { readonly default?: unknown } }>(
  table: Table,
) {
  const defaults = Object.entries(table).flatMap(([option, row]) =>
    Object.hasOwn(row, 'default') ? [[option, row.default]] : [],
  )
  return Object.fromEntries(defaults) as {
    readonly [Option in keyof Table as Table[Option] extends { readonly default: unknown }
      ? Option
      : never]: Table[Option]['default']
  }
}

/** The options that are in this table, of options that were read against several. */
export function onlyIn<Table extends Checks>(table: Table, read: Checked<Checks>): Checked<Table> {
  const members = Object.entries(read).filter(([option]) => Object.hasOwn(table, option))
  return Object.assign(Object.create(null), Object.fromEntries(members))
}

/**
 * As `objectOf`, but the result is empty if the options are not an object.
 * @param place their name in messages, if they are not the options as a whole
 */
export function readOptions<const Table extends Checks>(
  source: unknown,
  table: Table,
  issues: string[],
  place = '',
): Checked<Table> {
  return objectOf(table)(source, reportTo(issues, place)) ?? Object.create(null)
}

/** A name such as `UPSTASH_REDIS_REST_URL`. */
const VARIABLE = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/

function reportUnknown(
  unknown: readonly PropertyKey[],
  table: Checks,
  explain: Explain,
  report: Reporter,
): void {
  const texts = unknown.filter((name) => typeof name === 'string')
  if (texts.length < unknown.length) report('must not have a symbol as a key: option names are strings')
  const inPlace = report.place === '' ? '' : ` in ${report.place}`
  const options = `The options are ${Object.keys(table).join(', ')}`
  const isVariable = (name: string) => VARIABLE.test(name) && meantBy(name, Object.keys(table)) === undefined
  const variables = texts.filter(isVariable)
  // One sentence for all of them: an environment may have many.
  if (variables[0] !== undefined) {
    const advice = Object.hasOwn(table, 'env') ? 'Pass the environment as the option env' : options
    report.sentence(`"${variables[0]}"${inPlace} is the name of a variable, not of an option. ${advice}`)
  }
  for (const option of texts.filter((name) => !isVariable(name))) {
    const meant = meantBy(option, Object.keys(table))
    const advice = explain(option) ?? (meant === undefined ? options : `Did you mean "${meant}"?`)
    report.sentence(`Unknown option "${option}"${inPlace}. ${advice}`)
  }
}

/** Mistakes in the kind of value that are easy to make. */
function instead(source: unknown, table: Checks): string {
  if (isThenable(source)) return ': await it first'
  if ((Array.isArray(source) || typeof source === 'string') && Object.hasOwn(table, 'requiredScopes'))
    return ": for scopes, write { requiredScopes: ['…'] }"
  return ''
}

/** Whether an option is given at all, valid or not. */
export function isGiven(options: unknown, name: string): boolean {
  return isObject(options) && Object.hasOwn(options, name)
}
