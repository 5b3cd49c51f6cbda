// The visible members of a guarded app: everything that a platform needs, and nothing that bypasses the guard.

import { classMember, isObject, isPlainObject } from '../lib/own-member.ts'

/** The members of a default export that Workers, Bun and Deno use, except `fetch`. */
const PLATFORM_MEMBERS: readonly PropertyKey[] = [
  ...['connect', 'email', 'queue', 'scheduled', 'tail', 'tailStream', 'test', 'trace'],
  ...['development', 'error', 'hostname', 'id', 'idleTimeout', 'ipv6Only', 'maxRequestBodySize', 'port'],
  ...['reusePort', 'tls', 'unix', 'websocket'],
  'onListen',
]

/** Tables from which Bun answers without calling `fetch`. */
const TABLES_OF_BUN = ['routes', 'static'] as const

/** Methods of frameworks' apps. They reach the handlers without calling `fetch`, or register new ones. */
const FRAMEWORK_METHODS: readonly PropertyKey[] = [
  ...['request', 'handle', 'handler', 'dispatch', 'route', 'mount', 'basePath', 'all', 'on'],
  ...['get', 'head', 'post', 'put', 'patch', 'delete', 'options'],
]

/** The members of an app that are passed through. Each is read only once, because a getter could change its value. */
export type AppMembers = ReadonlyMap<PropertyKey, unknown>

export function membersOf(app: object): AppMembers {
  const names = isPlainObject(app)
    ? Reflect.ownKeys(app)
    : // Routers such as itty-router give a method for any name that they are asked for.
      PLATFORM_MEMBERS.filter((name) => Reflect.has(app, name) && classMember(app, name) !== undefined)
  return new Map(names.map((name) => [name, Reflect.get(app, name)]))
}

/**
 * The members that Bun would serve without calling `fetch`, and so without the guard. Bun also takes the paths of a
 * function, a `Map` or another object that is not a plain table.
 */
export function servedPastFetch(members: AppMembers): readonly string[] {
  return TABLES_OF_BUN.filter((name) => {
    const member = members.get(name)
    return typeof member === 'function' || isObject(member)
  })
}

/** The methods that only a copy of a framework's app has: of the app itself, they are not passed through. */
export function frameworkMethods(members: AppMembers): readonly string[] {
  return FRAMEWORK_METHODS.filter((name) => typeof members.get(name) === 'function').map(String)
}

/**
 * An object with the members of an app, some of them replaced. Instrumentation can replace them once more. None can be
 * added, so that Bun finds no `routes`.
 */
export function facadeOf(app: object, members: AppMembers, instead: object): unknown {
  const facade = {}
  const orFacade = (value: unknown) => (value === app ? facade : value)
  for (const [name, member] of members) {
    // A method that returns the app itself, for chaining, must not return it without the guard.
    const method = (...given: unknown[]) => orFacade(Reflect.apply(member as () => unknown, app, given))
    const value = typeof member === 'function' ? method : orFacade(member)
    // An assignment would make a member named `__proto__` the prototype.
    Object.defineProperty(facade, name, { value, enumerable: true, configurable: true, writable: true })
  }
  return Object.preventExtensions(Object.assign(facade, instead))
}
