// Options that several commands have, and how their values are read.

import { type Command, InvalidArgumentError } from 'commander'
import { loadVariables } from './vars-file.ts'

/** Adds `--json` and `--vars`, which every command has. Node.js would take `--env-file` for itself. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON on standard output, for programs')
    .option('--vars <file>', 'read variables from this file too; those of the environment take precedence')
    .hook('preAction', (_this, action) => {
      const { vars, config } = action.opts()
      if (typeof vars === 'string') loadVariables(vars, config !== undefined)
    })
}

/** For an option that may be given more than once. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

/** For scopes: one argument may have several, as the claim has. */
export const repeatedScope = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(/\s+/).filter((one) => one !== ''),
]

/** As `repeated`, for what must have a name: a variable of the shell that is not set makes an empty one. */
export const repeatedName = (value: string, before?: readonly string[]): readonly string[] =>
  repeated(name(value), before)

export function name(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.')
  return value
}

export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (number >= from && number <= to) return number
    throw new InvalidArgumentError(
      to === Number.MAX_SAFE_INTEGER
        ? `It must be a whole number, ${from} or more.`
        : `It must be a whole number from ${from} to ${to}.`,
    )
  }
}
