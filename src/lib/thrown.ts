// What was thrown may be anything, even an object whose every reading throws: these never throw themselves.

/** The kind of an error in a word that is safe to log. Its message may quote anything, and is left out. */
export function kindOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return typeof thrown
    const name: unknown = thrown.name
    return typeof name === 'string' ? name : 'Error'
  } catch {
    return 'object'
  }
}

/** `instanceof` for what was thrown. */
export function isThrown<T>(thrown: unknown, kind: abstract new (...given: never) => T): thrown is T {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}
