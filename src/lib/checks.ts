// Checks of single option values. A check returns the value, copied and frozen, or reports what is wrong with it.

import { MAX_TIME_MS, MIN_SYNC_AGE_MS, MIN_TIME_LIMIT_MS } from './limits.ts'
import { classMember } from './own-member.ts'
import { isThenable } from './thenable.ts'
import { typeInsteadOfText, typeOf } from './type-of.ts'
import { isWellFormed } from './well-formed.ts'

/** Collects the mistakes in one option. */
export interface Reporter {
  /** @param problem the rest of a sentence that starts with the option's name, such as `must be a string` */
  (problem: string): void
  /** The reporter for a part of the option, such as `.maxAgeMs` or `[0]`. */
  at(part: string): Reporter
  /** Reports a complete sentence. */
  sentence(text: string): void
  /** The option's name in messages; `''` for the options as a whole. */
  readonly place: string
}

export function reportTo(issues: string[], place: string): Reporter {
  const report = (problem: string) => {
    issues.push(`${place === '' ? 'the options' : place} ${problem}`)
  }
  return Object.assign(report, {
    place,
    at: (part: string) => reportTo(issues, place === '' ? part.replace(/^\./, '') : `${place}${part}`),
    sentence: (text: string) => {
      issues.push(text)
    },
  })
}

/** A list with at least one element. */
export type NonEmptyList<T> = readonly [T, ...T[]]

/** Returns the checked value, or reports a problem and returns `undefined`. */
export type Check<T> = (value: unknown, report: Reporter) => T | undefined

/** Option name → its check. */
export interface Checks {
  readonly [option: string]: Check<unknown>
}

export const flag: Check<boolean> = (value, report) => {
  if (typeof value === 'boolean') return value
  report(`must be true or false, not ${typeOf(value)}`)
  return undefined
}

/** The text of a value that is none. As the prefix of keys, it would find no revocation. */
const MISSING = /^(undefined|null|NaN|\[object \w+\])$/

/** A non-empty string without white space around it, such as an id. */
export const identifier: Check<string> = (value, report) => {
  if (typeof value !== 'string') report(`must be a string, not ${typeInsteadOfText(value)}`)
  else if (value.trim() === '') report('must not be empty')
  else if (value !== value.trim()) report('must not begin or end with white space')
  else if (!isWellFormed(value)) report('must not contain a lone surrogate')
  else if (/^(["']).*\1$/.test(value)) report('is wrapped in quotes: remove them')
  else if (MISSING.test(value))
    report('is what a template makes of a value that is not text, perhaps because a variable is not set')
  else return value
  return undefined
}

/** A check with one more condition. */
export const restricted =
  <T>(check: Check<T>, isAllowed: (checked: T) => boolean, problem: string): Check<T> =>
  (value, report) => {
    const checked = check(value, report)
    if (checked === undefined || isAllowed(checked)) return checked
    report(problem)
    return undefined
  }

/** A list of identifiers. A single string is refused. */
export const identifiers = listOf(identifier)

export const wholeNumber =
  (least: number, what: string, most = Number.MAX_SAFE_INTEGER, ifMore = '', ifLess = ''): Check<number> =>
  (value, report) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value
    if (typeof value !== 'number') report(`must be ${what}, not ${typeOf(value)}`)
    else report(`must be ${what}, not another number${value > most ? ifMore : value < least ? ifLess : ''}`)
    return undefined
  }

export const time = (least: number, ifLess = '') =>
  wholeNumber(
    least,
    `a whole number of milliseconds, ${least} or more, below 2^31 (24 days)`,
    MAX_TIME_MS,
    '',
    ifLess,
  )

export const milliseconds = time(0)

/** A time of at least 1 millisecond. */
export const duration = time(1)

/** For an answer from the network. A shorter limit than this was meant in seconds: it would be an outage for everybody. */
export const timeLimit = time(MIN_TIME_LIMIT_MS, ': is it in seconds?')

/** For what passes over the streams keep young. With a shorter age, nearly every request would be refused. */
export const syncAge = time(MIN_SYNC_AGE_MS, ': is it in seconds?')

export const seconds = (least: number, most: number) =>
  wholeNumber(
    least,
    `a whole number of seconds, ${least} or more, ${most} at most`,
    most,
    ': is it in milliseconds?',
  )

export const oneOf =
  <T extends string>(...choices: readonly T[]): Check<T> =>
  (value, report) => {
    const choice = choices.find((candidate) => candidate === value)
    const names = choices.map((candidate) => `'${candidate}'`).join(', ')
    if (choice === undefined) {
      report(`must be one of ${names}, not ${typeof value === 'string' ? 'another string' : typeOf(value)}`)
    }
    return choice
  }

function isFunction(value: unknown): value is (...args: never) => unknown {
  return typeof value === 'function'
}

/** A function. Its parameters and result cannot be checked. */
export const functionOf =
  <T extends (...args: never) => unknown>(): Check<T> =>
  (value, report) => {
    if (isFunction(value)) return value as T
    report(`must be a function, not ${typeOf(value)}`)
    return undefined
  }

/** An object with this method. A class or a function is refused: it should have been called. */
export const objectWith =
  <T extends object>(method: string & keyof T, instead: string): Check<T> =>
  (value, report) => {
    // The method may be inherited from a class.
    if (isFunction(classMember(value, method))) return value as T
    const advice = isThenable(value) ? 'await it first' : instead
    report(`must be an object with a \`${method}\` method, not ${typeOf(value)}: ${advice}`)
    return undefined
  }

export const abortSignal = objectWith<AbortSignal>(
  'addEventListener',
  'set the `signal` of an AbortController',
)

/** @param what the elements are, in the plural */
export function listOf<T>(check: Check<T>, what = 'strings'): Check<readonly T[]> {
  return (value, report) => {
    if (!Array.isArray(value)) {
      const instead = typeof value === 'string' || value instanceof Set ? ": write ['…']" : ''
      report(`must be a list of ${what}, not ${typeOf(value)}${instead}`)
      return undefined
    }
    // Array.from also visits the holes of a sparse array.
    const checked = Array.from(value, (element: unknown, index) => check(element, report.at(`[${index}]`)))
    const sound = checked.filter((element) => element !== undefined)
    return sound.length === checked.length ? Object.freeze(sound) : undefined
  }
}
