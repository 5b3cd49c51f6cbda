// Random route tables, and random paths that routers read in more than one way.

import fc from 'fast-check'
import { longestPrefix, segmentsOf } from './routers.ts'

export const SEGMENTS = ['admin', 'api', 'v1', 'x', 'café', 'a b', '@me', 'a+b', 'health']

export interface Prefixes {
  readonly routes: readonly string[]
  readonly exclude: readonly string[]
}

const prefix = fc
  .array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join('/')}`)

/** Route tables without an exclude that covers a route, which would be a configuration error. */
export const prefixes: fc.Arbitrary<Prefixes> = fc
  .record({
    routes: fc.uniqueArray(prefix, { minLength: 1, maxLength: 5 }),
    exclude: fc.uniqueArray(prefix, { maxLength: 3 }),
  })
  .map(({ routes, exclude }) => ({
    routes,
    exclude: exclude.filter((outer) => !routes.some((inner) => longestPrefix(inner, [outer]) === outer)),
  }))

const weighed = <T>(...choices: readonly (readonly [weight: number, ...values: T[]])[]) =>
  fc.oneof(
    ...choices.map(([weight, ...values]) => ({ weight, arbitrary: fc.constantFrom(...(values as T[])) })),
  )

/** Mostly unchanged; sometimes a character is escaped, or escaped twice. */
const spelt = (segment: string) =>
  fc.tuple(weighed([3, 0], [1, 1], [1, 2]), fc.nat(segment.length - 1)).map(([times, at]) => {
    if (times === 0) return segment
    const escapes = Array.from(
      new TextEncoder().encode(segment.charAt(at)),
      (byte) => `%${byte.toString(16).padStart(2, '0')}`,
    )
    const escaped = times === 1 ? escapes.join('') : escapes.join('').replaceAll('%', '%25')
    return segment.slice(0, at) + escaped + segment.slice(at + 1)
  })

/** What stands between two segments. */
const slash = weighed(
  [24, '/'],
  [8, '//', '%2F', '%2f', '%252F', '\\', '%5C'],
  [4, '/./', '/%2e/', '/y/../', '/y/%2e%2e/', '/y/..%2F', ';p/', ';p=1/', ';/'],
)

/** What can follow anywhere. */
const oddity = weighed(
  [4, '/', '/..', '/../', '/../..', '/%2e%2e/', '/..%2F', '%2F..%2F', '\\..\\', '/..;/', '//', '/.'],
  [
    2,
    ';p',
    ';p=1/',
    '%3B',
    '%3F',
    '%23',
    '?',
    '#',
    '%00',
    '%09',
    '%0a',
    '%20',
    '%ff',
    '%C3',
    '%zz',
    '%',
    '.',
  ],
)

const joined = (segments: readonly string[]) =>
  fc.tuple(...segments.flatMap((segment) => [slash, spelt(segment)])).map((parts) => parts.join(''))

/** A path that leads, in some of its readings, to one of the prefixes, away from it, or both. */
function oddPathIn({ routes, exclude }: Prefixes): fc.Arbitrary<string> {
  const known = fc.constantFrom(...routes, ...exclude, ...exclude).map(segmentsOf)
  const any = fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 2 })
  const way = fc.oneof({ arbitrary: known, weight: 3 }, { arbitrary: any, weight: 1 }).chain(joined)
  const part = fc.oneof({ arbitrary: oddity, weight: 1 }, { arbitrary: way, weight: 2 })
  return fc
    .tuple(way, fc.array(part, { maxLength: 3 }))
    .map(([first, others]) => [first, ...others].join('').replace(/^\/?/, '/'))
}

/** A route table, and a path to try it with. */
export const tableAndPath = fc.noBias(
  prefixes.chain((table) => fc.record({ table: fc.constant(table), path: oddPathIn(table) })),
)

/** A scope contains no spaces. */
export function scopeOf(route: string | undefined): string {
  return route?.replaceAll(' ', '_') ?? 'default'
}

/** What must be among the required scopes if a router sees this path; nothing for an excluded path. */
export function neededFor(path: string, { routes, exclude }: Prefixes): readonly string[] {
  const reached = longestPrefix(path, [...routes, ...exclude])
  return reached !== undefined && exclude.includes(reached) ? [] : [scopeOf(reached)]
}

/** Each rule requires its own prefix as a scope, so that the scopes of a refusal name the rules. */
export function rulesNamed({ routes }: Prefixes): Readonly<Record<string, string>> {
  return Object.fromEntries(routes.map((route) => [route, scopeOf(route)]))
}

export function pathIn({ url }: { readonly url: string }): string {
  const [beforeQuery = ''] = url.split(/[?#]/)
  return beforeQuery.slice('http://api.test'.length)
}
