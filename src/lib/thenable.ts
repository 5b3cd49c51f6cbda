// Whether a value has to be awaited. `instanceof Promise` would miss promises of other realms and libraries.

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
