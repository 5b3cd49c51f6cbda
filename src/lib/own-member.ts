// Reads of objects only what is theirs: what other code put on `Object.prototype` must change nothing.

/** The member's value, or `undefined` where it is missing or only inherited. */
export function ownMember(object: object, name: PropertyKey): unknown {
  return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
}

/** As `ownMember`, for what may also come from a class, such as a method. */
export function classMember(object: object, name: PropertyKey): unknown {
  const value: unknown = Reflect.get(object, name)
  if (Object.hasOwn(object, name)) return value
  return value === ownMember(Object.prototype, name) ? undefined : value
}

/** A copy of the own members that has no prototype: what it lacks is then found nowhere. */
export function bare<T extends object>(members: T): T {
  return Object.assign(Object.create(null), members)
}

/** Whether an object inherits nothing of its own: one that does has members that are not read here. */
export function isPlain(object: object): boolean {
  const prototype = Reflect.getPrototypeOf(object)
  if (prototype === null || prototype === Object.prototype) return true
  // The `Object.prototype` of another realm, such as a sandbox.
  return Reflect.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
