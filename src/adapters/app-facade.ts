// What is shown of a guarded app: everything that a platform may want, and nothing that leads past the guard.

import { classMember, isPlain, ownMember } from '../lib/own-member.ts'

/** What Workers call and what Bun and Deno read of a default export, besides its `fetch`. */
const PLATFORM_MEMBERS: readonly PropertyKey[] = [
  ...['connect', 'email', 'queue', 'scheduled', 'tail', 'tailStream', 'test', 'trace'],
  ...['development', 'error', 'hostname', 'id', 'idleTimeout', 'ipv6Only', 'maxRequestBodySize', 'port'],
  ...['reusePort', 'tls', 'unix', 'websocket'],
  'onListen',
]

/** What Bun answers by itself where it is an object. Elsewhere these names mean other things, lists as a rule. */
const SERVED_PAST_FETCH = ['routes', 'static'] as const

/** The members of an app that would be served without its `fetch`, and with it without the guard. */
export function servedPastFetch(app: object): readonly string[] {
  return isPlain(app) ? SERVED_PAST_FETCH.filter((name) => isTable(ownMember(app, name))) : []
}

/** An object with the members of an app, but for those that take their place. Frozen: the guard stays. */
export function facadeOf(app: object, members: object): unknown {
  const facade: { [name: PropertyKey]: unknown } = {}
  const orFacade = (value: unknown) => (value === app ? facade : value)
  const names = isPlain(app)
    ? Reflect.ownKeys(app)
    : PLATFORM_MEMBERS.filter((name) => classMember(app, name) !== undefined)
  for (const name of names) {
    const member: unknown = Reflect.get(app, name)
    // A method that gives the app itself, to be chained, must not give it without its guard.
    const method = (...given: unknown[]) => orFacade(Reflect.apply(member as () => unknown, app, given))
    facade[name] = typeof member === 'function' ? method : orFacade(member)
  }
  return Object.freeze(Object.assign(facade, members))
}

function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}
