// vitest prints a failure with Map.groupBy and Object.groupBy, which Node 20 does not have yet.

function group<Item, Group>(
  items: Iterable<Item>,
  groupOf: (item: Item, index: number) => Group,
): Map<Group, Item[]> {
  const groups = new Map<Group, Item[]>()
  let index = 0
  for (const item of items) {
    const key = groupOf(item, index++)
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [item])
    else members.push(item)
  }
  return groups
}

if (!('groupBy' in Map)) Object.assign(Map, { groupBy: group })
if (!('groupBy' in Object)) {
  const groupBy = (...of: Parameters<typeof group<unknown, PropertyKey>>) => Object.fromEntries(group(...of))
  Object.assign(Object, { groupBy })
}
