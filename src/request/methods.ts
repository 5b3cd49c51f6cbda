// The methods of requests: how a key names them, sets of them, and what a request says.

import { HTTP_TOKEN } from '../lib/http-token.ts'
import { failure, type Result, success } from '../lib/result.ts'

/** A finite set of methods, or all methods but a finite set. */
export interface Methods {
  readonly names: ReadonlySet<string>
  /** Whether the set is all methods but the names. */
  readonly isAllBut: boolean
}

export const ALL_METHODS: Methods = Object.freeze({ names: new Set<string>(), isAllBut: true })

export function allBut(names: Iterable<string>): Methods {
  return { names: new Set(names), isAllBut: true }
}

export function includesMethod({ names, isAllBut }: Methods, method: string): boolean {
  return names.has(method) !== isAllBut
}

/** The names of the first set that the other one includes too. */
export function sharedNames({ names }: Methods, other: Methods): readonly string[] {
  return [...names].filter((name) => includesMethod(other, name))
}

/** For messages. `HEAD` is left out where `GET` says it already. */
export function listed(names: readonly string[]): string {
  return names.filter((name) => name !== 'HEAD' || !names.includes('GET')).join(', ')
}

/**
 * The methods that a key may name: those of the HTTP method registry and of common servers which can be the method of a
 * `Request` (not CONNECT or TRACE). A closed list, because a misspelt method would leave the real one unguarded.
 */
const METHODS: ReadonlySet<string> = new Set([
  ...['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'],
  ...['ACL', 'BASELINE-CONTROL', 'BIND', 'CHECKIN', 'CHECKOUT', 'COPY', 'LABEL', 'LINK', 'LOCK', 'MERGE'],
  ...['MKACTIVITY', 'MKCALENDAR', 'MKCOL', 'MKREDIRECTREF', 'MKWORKSPACE', 'MOVE', 'ORDERPATCH', 'PROPFIND'],
  ...['PROPPATCH', 'REBIND', 'REPORT', 'SEARCH', 'UNBIND', 'UNCHECKOUT', 'UNLINK', 'UNLOCK', 'UPDATE'],
  ...['UPDATEREDIRECTREF', 'VERSION-CONTROL', 'M-SEARCH', 'NOTIFY', 'PURGE', 'SUBSCRIBE', 'UNSUBSCRIBE'],
])

/** Whether a key may name it. */
export function isMethod(word: string): boolean {
  return METHODS.has(word)
}

/** Parses the methods at the beginning of a key, such as `PUT,PATCH`, or says what is wrong with them. */
export function parseMethods(text: string): Result<Methods, string> {
  if (/[\s|+&]/.test(text)) return failure(SEPARATION)
  const names = text.split(',')
  if (names.includes('')) return failure(SEPARATION)
  const unknown = names.find((name) => !METHODS.has(name))
  if (unknown !== undefined) {
    const meant = unknown.toUpperCase()
    return failure(
      METHODS.has(meant)
        ? `must name methods in capitals, because they are compared as they come: write ${meant}`
        : 'names a method that is not known: correct it, or leave the methods out, because a key without methods is for every method that no other key names',
    )
  }
  const all = new Set(names)
  if (all.size < names.length) return failure('names a method twice')
  if (all.has('GET') && all.has('HEAD'))
    return failure('names HEAD, but GET stands for HEAD too: leave HEAD out')
  if (all.has('GET')) all.add('HEAD')
  return success({ names: all, isAllBut: false })
}

const SEPARATION =
  "must have commas without blanks between methods, and one blank before the path: 'PUT,PATCH /payouts'"

/** The method of a request as it came, or `undefined` for something that cannot be one. */
export function methodOf({ method }: { readonly method?: unknown }): string | undefined {
  return typeof method === 'string' && HTTP_TOKEN.test(method) ? method : undefined
}
