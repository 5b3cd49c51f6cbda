// Reads own members only, so that what other code adds to `Object.prototype` changes nothing.

/** The member's value, or `undefined` where it is missing or only inherited. */
export function ownMember(object: object, name: PropertyKey): unknown {
  return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
}

/** As `ownMember`, but the member may also be inherited from a class, as methods are. */
export function classMember(object: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(object, name)
  if (Object.hasOwn(object, name)) return value
  return value === ownMember(Object.prototype, name) ? undefined : value
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** As `classMember`, of any value. `undefined` too where reading it throws. */
export function memberOf(value: unknown, name: PropertyKey): unknown {
  try {
    return isObject(value) ? classMember(value, name) : undefined
  } catch {
    return undefined
  }
}

/** A copy without a prototype, so that a missing member is not found on `Object.prototype`. */
export function bare<T extends object>(members: T): T {
  return Object.assign(Object.create(null), members)
}

/** Whether an object inherits from nothing but `Object.prototype`, so that its own members are all it has. */
export function isPlainObject(object: object): boolean {
  const prototype = Reflect.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return true
  // The `Object.prototype` of another realm, such as a sandbox.
  return Reflect.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
