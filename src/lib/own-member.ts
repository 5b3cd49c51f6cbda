// Reads own members only, so that what other code adds to `Object.prototype` changes nothing.

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An own member of an object. `undefined` where it is missing or only inherited, and for anything but an object. */
export function ownMember(value: unknown, name: PropertyKey): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
}

/** As `ownMember`, but the member may also be inherited from a class, as methods are. */
export function classMember(value: unknown, name: PropertyKey): unknown {
  if (!isObject(value)) return undefined
  const member: unknown = Reflect.get(value, name)
  if (Object.hasOwn(value, name)) return member
  return member === ownMember(Object.prototype, name) ? undefined : member
}

/** As `classMember`. `undefined` too where reading it throws. */
export function memberOf(value: unknown, name: PropertyKey): unknown {
  try {
    return classMember(value, name)
  } catch {
    return undefined
  }
}

/** A copy without a prototype, so that a missing member is not found on `Object.prototype`. */
export function bare<T extends object>(members: T): T {
  return Object.assign(Object.create(null), members)
}

/**
 * Whether a value is an object that inherits from nothing but `Object.prototype`, so that its own members are all it
 * has. A promise or a Map would look like an empty object.
 */
export function isPlainObject(value: unknown): value is object {
  if (!isObject(value)) return false
  const prototype = Reflect.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return true
  // The `Object.prototype` of another realm, such as a sandbox.
  return Reflect.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
