// Random tables of rules by method, and a model of which rule applies: slow, plain and apart from the guard's own.

import fc from 'fast-check'
import { isBelow } from './routers.ts'

/** A key taken apart. No methods stand for all of them. */
export interface Key {
  readonly text: string
  readonly methods: readonly string[]
  readonly path: string
  readonly isExact: boolean
}

export interface MethodTable {
  readonly routes: readonly string[]
  readonly exclude: readonly (string | { readonly exact: string })[]
}

/** Those of requests. The last two are named by no key. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PURGE', 'FOO']

export const SEGMENTS = ['a', 'b', 'C']

const path = fc
  .array(fc.constantFrom(...SEGMENTS), { maxLength: 3 })
  .map((segments) => `/${segments.join('/')}`)
const methods = fc.oneof(
  fc.constant([]),
  fc.uniqueArray(fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS'), { minLength: 1, maxLength: 2 }),
)
const key = fc
  .tuple(methods, path)
  .map(([names, at]) => (names.length === 0 ? at : `${names.join(',')} ${at}`))
const exclusion = fc.oneof(
  { arbitrary: key.filter((text) => text !== '/'), weight: 3 },
  { arbitrary: key.map((exact) => ({ exact })), weight: 1 },
)

/** Any table, also one that the guard refuses. */
export const methodTables: fc.Arbitrary<MethodTable> = fc.record({
  routes: fc.uniqueArray(key, { maxLength: 6 }),
  exclude: fc.uniqueArray(exclusion, { maxLength: 3 }),
})

export const plainPath = fc
  .array(fc.constantFrom(...SEGMENTS, 'x'), { maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)
const oddPart = fc.constantFrom(
  ...SEGMENTS.map((segment) => `/${segment}`),
  ...[
    '/%61',
    '/%62',
    '%2Fa',
    '//',
    '/..%2F',
    '/x/../',
    '/x/%2e%2e',
    ';p',
    '\\a',
    '%2F..%2F',
    '/A',
    '/b.data',
    '/c',
  ],
)
/** A path that some routers read as another one. */
export const oddPath = fc
  .array(oddPart, { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join('').replace(/^\/?/, '/'))

function keyOf(text: string, isExact = false): Key {
  const slash = text.indexOf('/')
  const names = text.slice(0, slash).trim()
  return { text, methods: names === '' ? [] : names.split(','), path: text.slice(slash), isExact }
}

const routesIn = ({ routes }: MethodTable) => routes.map((text) => keyOf(text))
const exclusionsIn = ({ exclude }: MethodTable) =>
  exclude.map((one) => (typeof one === 'string' ? keyOf(one) : keyOf(one.exact, true)))

const names = ({ methods: named }: Key, method: string) =>
  named.includes(method) || (method === 'HEAD' && named.includes('GET'))

function appliesTo(one: Key, method: string, at: string): boolean {
  const isThere = one.isExact ? one.path === at : isBelow(one.path, at)
  return isThere && (one.methods.length === 0 || names(one, method))
}

const lengthOf = ({ path: text, isExact }: Key) =>
  text.split('/').filter(Boolean).length + (isExact ? 0.5 : 0)

/** The paths and methods of all keys, as routers are told them: those that apply first come first. */
export function keysFor(table: MethodTable, method: string): readonly Key[] {
  const keys = [...routesIn(table), ...exclusionsIn(table)].filter(
    (one) => one.methods.length === 0 || names(one, method),
  )
  return keys.sort(firstOf)
}

const firstOf = (one: Key, other: Key) =>
  lengthOf(other) - lengthOf(one) || Number(other.methods.length > 0) - Number(one.methods.length > 0)

/** The route that a request is held to, `default` for none, `excluded`. Only for tables that make sense. */
export function ruleFor(table: MethodTable, method: string, at: string): string {
  const exclude = exclusionsIn(table)
  const applying = [...routesIn(table), ...exclude].filter((one) => appliesTo(one, method, at))
  const [first] = applying.sort(firstOf)
  if (first === undefined) return 'default'
  if (exclude.includes(first)) return 'excluded'
  // An exclusion that names the method counts for all routes below it that name none.
  const isExcluded = exclude.some((one) => !one.isExact && names(one, method) && isBelow(one.path, at))
  return first.methods.length === 0 && isExcluded ? 'excluded' : first.text
}

/** Whether the guard must refuse the table: twice the same, or a rule that is excluded in silence. */
export function isContradictory(table: MethodTable): boolean {
  const routes = routesIn(table)
  const exclude = exclusionsIn(table).filter(({ isExact }) => !isExact)
  const all = [...METHODS]
  const isTwice = routes.some((one, index) =>
    routes.slice(index + 1).some((other) => {
      if (one.path !== other.path || (one.methods.length === 0) !== (other.methods.length === 0)) return false
      return one.methods.length === 0 || all.some((method) => names(one, method) && names(other, method))
    }),
  )
  const isSilent = exclude.some((excluded) =>
    routes.some((route) => {
      if (!isBelow(excluded.path, route.path)) return false
      if (excluded.methods.length === 0) return true
      const shared = all.filter((method) => names(excluded, method))
      if (route.methods.length > 0) return shared.some((method) => names(route, method))
      return shared.some(
        (method) =>
          method !== 'OPTIONS' &&
          !exclude.some(
            (other) => other.path === route.path && (other.methods.length === 0 || names(other, method)),
          ),
      )
    }),
  )
  return isTwice || isSilent
}
