// What is shown of a guarded app: everything that a platform may want, and nothing that leads past the guard.

import { classMember, isPlain } from '../lib/own-member.ts'

/** What Workers call and what Bun and Deno read of a default export, besides its `fetch`. */
const PLATFORM_MEMBERS: readonly PropertyKey[] = [
  ...['connect', 'email', 'queue', 'scheduled', 'tail', 'tailStream', 'test', 'trace'],
  ...['development', 'error', 'hostname', 'id', 'idleTimeout', 'ipv6Only', 'maxRequestBodySize', 'port'],
  ...['reusePort', 'tls', 'unix', 'websocket'],
  'onListen',
]

/** Tables that Bun answers from, past `fetch`. Elsewhere these names mean other things: lists or functions. */
const TABLES_OF_BUN = ['routes', 'static'] as const

/** The members of an app that are passed through, each read once: a getter could answer differently the second time. */
export type AppMembers = ReadonlyMap<PropertyKey, unknown>

export function membersOf(app: object): AppMembers {
  const names = isPlain(app)
    ? Reflect.ownKeys(app)
    : PLATFORM_MEMBERS.filter((name) => classMember(app, name) !== undefined)
  return new Map(names.map((name) => [name, Reflect.get(app, name)]))
}

/** The members that would be served without the app's `fetch`, and with it without the guard. */
export function servedPastFetch(members: AppMembers): readonly string[] {
  return TABLES_OF_BUN.filter((name) => {
    const member = members.get(name)
    return typeof member === 'object' && member !== null && !Array.isArray(member)
  })
}

/** An object with the members of an app, but for those that take their place. Frozen: the guard stays. */
export function facadeOf(app: object, members: AppMembers, instead: object): unknown {
  const facade = {}
  const orFacade = (value: unknown) => (value === app ? facade : value)
  for (const [name, member] of members) {
    // A method that gives the app itself, to be chained, must not give it without its guard.
    const method = (...given: unknown[]) => orFacade(Reflect.apply(member as () => unknown, app, given))
    const value = typeof member === 'function' ? method : orFacade(member)
    // Not assigned: a member called `__proto__` would become what the facade inherits from.
    Object.defineProperty(facade, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return Object.freeze(Object.assign(facade, instead))
}
