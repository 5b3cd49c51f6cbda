// The keys of `routes` and `exclude`: a path prefix, perhaps with methods before it.

import { failure, type Result, success } from '../lib/result.ts'
import { ALL_METHODS, isMethod, type Methods, parseMethods } from './methods.ts'
import { type PathPrefix, parseExactPath, parsePathPrefix } from './path-prefix.ts'

/** Where a rule or an exclusion applies. */
export interface PathKey {
  readonly prefix: PathPrefix
  readonly methods: Methods
}

export function parsePrefixKey(text: string): Result<PathKey, string> {
  return parseKey(text, parsePathPrefix)
}

/** A key for one path, without what lies below. */
export function parseExactKey(text: string): Result<PathKey, string> {
  return parseKey(text, parseExactPath)
}

function parseKey(
  text: string,
  parsePath: (path: string) => Result<PathPrefix, string>,
): Result<PathKey, string> {
  const slash = text.indexOf('/')
  if (slash === -1 || (slash > 0 && text[slash - 1] !== ' ')) return failure(BEGINNING)
  const methods = slash === 0 ? success(ALL_METHODS) : parseMethods(text.slice(0, slash - 1))
  if (!methods.ok) return methods
  const path = text.slice(slash)
  // Each of these would be a path that no request has, and what is required of it would apply nowhere.
  const [, last] = /[\s,|+&]([A-Z-]+(?:\/[A-Z-]+)*)[\s,|+&/]*$/.exec(path) ?? []
  if (last?.split('/').every(isMethod)) return failure(METHODS_LAST)
  if (/[\s,|]\//.test(path)) return failure(SEVERAL_PATHS)
  const prefix = parsePath(path)
  return prefix.ok ? success({ prefix: prefix.value, methods: methods.value }) : prefix
}

const BEGINNING = 'must begin with "/", or with methods and one blank before it: \'POST /payouts\''

const METHODS_LAST = "names methods after the path: they come before it, 'POST /payouts'"

const SEVERAL_PATHS = 'must be one path: give each path a key of its own'
