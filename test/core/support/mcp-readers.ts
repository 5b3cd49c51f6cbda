// How servers in other languages read a message: each finds its own method and tool in the same text.

/** A parser of JSON that keeps every member of an object, in order, repeated ones too. */
type Members = readonly (readonly [string, unknown])[]

class Obj {
  readonly members: Members
  constructor(members: Members) {
    this.members = members
  }
}

/** Parses valid JSON without settling repeated keys. */
export function parseAll(text: string): unknown {
  let at = 0
  const skip = () => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const string = (): string => {
    const start = at++
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    at++
    return JSON.parse(text.slice(start, at)) as string
  }
  const list = <T>(end: string, one: () => T): readonly T[] => {
    const read: T[] = []
    at++
    skip()
    while (text[at] !== end) {
      read.push(one())
      skip()
      if (text[at] === ',') at++
      skip()
    }
    at++
    return read
  }
  const value = (): unknown => {
    skip()
    if (text[at] === '"') return string()
    if (text[at] === '[') return list(']', value)
    if (text[at] === '{') {
      return new Obj(
        list('}', () => {
          const name = string()
          skip()
          at++ // The colon.
          return [name, value()] as const
        }),
      )
    }
    const [literal = ''] = /^[^\s,\]}]+/.exec(text.slice(at)) ?? []
    at += literal.length
    return JSON.parse(literal)
  }
  return value()
}

/** Finds a member of an object, as one parser does. */
interface Reader {
  readonly title: string
  readonly isSame: (key: string, name: string) => boolean
  readonly takes: 'first' | 'last'
  /** What it makes of a string. */
  readonly text: (text: string) => string
}

const same = (text: string) => text
const withoutNul = (text: string) => text.replaceAll('\0', '')
const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/[^a-z\d/._-]/gi, '')
    .toLowerCase()

const KEYS: Readonly<Record<string, (key: string) => string>> = {
  exactly: same,
  'in any case': (key) => key.toLowerCase(),
  'up to a NUL': (key) => key.split('\0')[0] ?? '',
  'without NULs': withoutNul,
  trimmed: (key) => key.trim(),
  'by letters alone, whatever their form': plain,
}

const TEXTS: Readonly<Record<string, (text: string) => string>> = {
  exactly: same,
  'without NULs': withoutNul,
  'trimmed, in any case': (text) => text.trim().toLowerCase(),
  'by letters alone': plain,
}

export const READERS: readonly Reader[] = Object.entries(KEYS).flatMap(([keyTitle, key]) =>
  Object.entries(TEXTS).flatMap(([textTitle, text]) =>
    (['first', 'last'] as const).map((takes) => ({
      title: `keys ${keyTitle}, the ${takes} of two, texts ${textTitle}`,
      isSame: (one: string, other: string) => key(one) === other,
      ...{ takes, text },
    })),
  ),
)

function find(reader: Reader, value: unknown, name: string): unknown {
  if (!(value instanceof Obj)) return undefined
  const found = value.members.filter(([key]) => reader.isSame(key, name))
  return (reader.takes === 'first' ? found[0] : found.at(-1))?.[1]
}

/** The tools that a server with this reader would run, of the ones that it has. `body` comes from `parseAll`. */
export function toolsRunBy(reader: Reader, body: unknown, tools: readonly string[]): readonly string[] {
  const messages = Array.isArray(body) ? (body as readonly unknown[]) : [body]
  return messages.flatMap((one) => {
    const [method, name] = [find(reader, one, 'method'), find(reader, find(reader, one, 'params'), 'name')]
    if (typeof method !== 'string' || typeof name !== 'string' || reader.text(method) !== 'tools/call')
      return []
    return tools.filter((tool) => tool === reader.text(name))
  })
}
