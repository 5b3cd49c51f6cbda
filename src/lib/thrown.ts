// Inspects thrown values without ever throwing: anything can be thrown, even an object whose getters throw.

/** The name of an error, which is safe to log. Its message is not: it may quote anything. */
export function kindOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return typeof thrown
    const name: unknown = thrown.name
    return typeof name === 'string' ? name : 'Error'
  } catch {
    return 'object'
  }
}

/** `instanceof` for a thrown value. */
export function isThrown<T>(thrown: unknown, kind: abstract new (...given: never) => T): thrown is T {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}
