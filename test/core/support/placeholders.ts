// What a JSON file cannot say: `{"$now": n}` is n seconds from now, `{"$value": "NaN"}` one of the values below.

const VALUES: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  bigint: () => 10n,
  'half a pair': () => 'x\ud98c',
  symbol: () => Symbol('hunter2'),
  function: () => () => undefined,
  class: () => class Hunter2 {},
  date: () => new Date(0),
  regexp: () => /hunter2/,
  sparse: () => new Array(1),
  set: () => new Set(['hunter2']),
  map: () => new Map([['/hunter2', {}]]),
}

/** A copy in which every placeholder has become what it stands for. */
export function fill(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fill)
  if (typeof value !== 'object' || value === null) return value
  if ('$now' in value) return Math.floor(Date.now() / 1000) + Number(value.$now)
  if ('$value' in value) {
    const make = VALUES[String(value.$value)]
    if (make === undefined) throw new Error(`There is no placeholder ${String(value.$value)}`)
    return make()
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member)]))
}

/** As `fill`, for an object whose members are to be spread. */
export function fillObject(value: object | undefined): Record<string, unknown> {
  return { ...(fill(value ?? {}) as object) }
}
