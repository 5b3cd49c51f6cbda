// Whether something has to be awaited. Not by its class: a promise may be another realm's, or another library's.

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
