// Reads a member that an object has itself: what other code put on `Object.prototype` must change nothing.

/** The member's value, or `undefined` where it is missing or only inherited. */
export function ownMember(object: object, name: PropertyKey): unknown {
  return Object.hasOwn(object, name) ? Reflect.get(object, name) : undefined
}
