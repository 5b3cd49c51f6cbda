// Groups the elements of a list. (`Map.groupBy` is missing in Node 20.)

/** Name → the elements that have it, in their order. */
export function grouped<T>(list: readonly T[], nameOf: (element: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const element of list) {
    const name = nameOf(element)
    const others = groups.get(name)
    if (others === undefined) groups.set(name, [element])
    else others.push(element)
  }
  return groups
}
