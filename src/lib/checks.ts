// What a single option may hold. A check gives the value back, copied and frozen, or says what is wrong with it.

import { MANDATE_LIFE_MS, MAX_TIME_MS } from './limits.ts'
import { classMember, isPlain } from './own-member.ts'
import { isThenable } from './thenable.ts'
import { isWellFormed } from './well-formed.ts'

/** Notes what is wrong with an option, and knows which option that is. */
export interface Reporter {
  /** Notes that the option … , such as `must be a string`. */
  (problem: string): void
  /** For a part of the option, such as `.maxAgeMs` or `[0]`. */
  at(part: string): Reporter
  /** Notes a whole sentence. */
  sentence(text: string): void
  /** How the option is called in messages; `''` for the options as a whole. */
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

/** Gives the checked value, or reports a problem and gives `undefined`. */
export type Check<T> = (value: unknown, report: Reporter) => T | undefined

/** Option name → what it may hold. */
export interface Checks {
  readonly [option: string]: Check<unknown>
}

/** The type of a value in words that a reader of an error message knows. Never the value itself. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value)
  if (typeof value === 'object') {
    if (isThenable(value)) return 'a promise'
    if (isPlain(value)) return 'an object'
    return Symbol.iterator in value ? 'a Map, Set or other iterable' : 'an object that inherits from another'
  }
  return typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`
}

/**
 * An object of named members, all of them its own. A promise or a Map has none of them, and would pass for an empty
 * one; of what inherits from another object, a part would not be read.
 */
export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && isPlain(value)
}

export const flag: Check<boolean> = (value, report) => {
  if (typeof value === 'boolean') return value
  report(`must be true or false, not ${typeOf(value)}`)
  return undefined
}

/** A non-empty text without white space around it, such as an id. */
export const identifier: Check<string> = (value, report) => {
  if (typeof value !== 'string') report(`must be a string, not ${typeOf(value)}`)
  else if (value.trim() === '') report('must not be empty')
  else if (value !== value.trim()) report('must not begin or end with white space')
  else if (!isWellFormed(value)) report('must not hold half of a surrogate pair')
  else if (/^(["']).*\1$/.test(value)) report('is wrapped in quotes: remove them')
  else return value
  return undefined
}

/** A list of identifiers. A single string is refused: its characters would pass for a list. */
export const identifiers = listOf(identifier)

/** A scope token (RFC 6749 §3.3). Blanks separate tokens, so that one with a blank could never be granted. */
const scope: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined || !/\s/.test(text)) return text
  report('must be one scope, and holds white space: give each scope as an element of its own')
  return undefined
}

export const scopes = listOf(scope)

/** A list that cannot be empty. */
export type NonEmptyList<T> = readonly [T, ...T[]]

/** Somebody who wrote several into one text meant a list. */
const zoneId: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined || !/[\s,]/.test(text)) return text
  report(
    'must be one zone id, and holds a comma or a blank: several zones are a list, in the option expectedZoneId',
  )
  return undefined
}

/** One zone id, or a list of at least one. */
export const zoneIds: Check<NonEmptyList<string>> = (value, report) => {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list)) {
    report(`must be a string or a list of strings, not ${typeOf(value)}`)
    return undefined
  }
  const [first, ...others] = listOf(zoneId)(list, report) ?? []
  if (list.length === 0) report('must name at least one')
  return first === undefined ? undefined : Object.freeze([first, ...others] as const)
}

export const wholeNumber =
  (least: number, what: string, most = Number.MAX_SAFE_INTEGER): Check<number> =>
  (value, report) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return value
    report(`must be ${what}, not ${typeof value === 'number' ? 'another number' : typeOf(value)}`)
    return undefined
  }

const time = (least: number) =>
  wholeNumber(least, `a whole number of milliseconds, ${least} or more, below 2^31 (24 days)`, MAX_TIME_MS)

export const milliseconds = time(0)

/** A time to wait for, or to remember, something: 0 would be none at all. */
export const duration = time(1)

export const seconds = (least: number, most: number) =>
  wholeNumber(least, `a whole number of seconds, ${least} or more, ${most} at most`, most)

/** How long marks are remembered. Less than mandates live was meant in seconds. */
export const timeToRemember: Check<number> = (value, report) => {
  const ttlMs = duration(value, report)
  if (ttlMs === undefined || ttlMs >= MANDATE_LIFE_MS) return ttlMs
  report(
    `is shorter than mandates live: it is in milliseconds (perhaps it was meant in seconds), ${MANDATE_LIFE_MS} or more`,
  )
  return undefined
}

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

/** A function, believed to take and give what its type says. */
export const functionOf =
  <T extends (...args: never) => unknown>(): Check<T> =>
  (value, report) => {
    if (isFunction(value)) return value as T
    report(`must be a function, not ${typeOf(value)}`)
    return undefined
  }

/** An object that has a method of this name. A class or function is refused: it was meant to be called first. */
export const objectWith =
  <T extends object>(method: string & keyof T, instead: string): Check<T> =>
  (value, report) => {
    // It may come from a class, as those of stores do.
    if (typeof value === 'object' && value !== null && isFunction(classMember(value, method))) {
      return value as T
    }
    report(`must be an object with a \`${method}\` method, not ${typeOf(value)}: ${instead}`)
    return undefined
  }

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** A URL that secrets or keys are asked from: `https:`, or `http:` on this machine itself (protocol §2). */
export const secureUrl: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined) return undefined
  const url = /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) report('must be a whole URL that begins with https:// (or http:// on this machine)')
  else if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
    report('must be an https: URL; http: is for localhost, 127.0.0.0/8 and [::1] only')
  } else if (url.username !== '' || url.password !== '') report('must not hold a user name or password')
  else if (/[?#]/.test(text)) report('must not hold a query or fragment')
  else if (url.pathname.includes('/.well-known/'))
    report('must be the URL itself, without /.well-known and what follows')
  else return text.replace(/\/+$/, '')
  return undefined
}

/** @param what the elements are, in the plural */
export function listOf<T>(check: Check<T>, what = 'strings'): Check<readonly T[]> {
  return (value, report) => {
    if (!Array.isArray(value)) {
      const instead = typeof value === 'string' ? ": write ['…']" : ''
      report(`must be a list of ${what}, not ${typeOf(value)}${instead}`)
      return undefined
    }
    // Array.from visits the holes of a sparse list too.
    const checked = Array.from(value, (element: unknown, index) => check(element, report.at(`[${index}]`)))
    const sound = checked.filter((element) => element !== undefined)
    return sound.length === checked.length ? Object.freeze(sound) : undefined
  }
}
