// The part of Redis that a lookup can use, with a map in memory.

/** A list stands for every value that is not a string. */
export type RedisMap = Map<string, string | readonly string[]>

export type Reply = string | number | null | readonly Reply[]
export type CommandResult = { readonly result: Reply } | { readonly error: string }

const WRONGTYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'

/** The reply of Redis to one command. Like in Redis, MGET returns nil for a value that is not a string. */
export function runCommand(map: RedisMap, command: readonly unknown[]): CommandResult {
  const [name = '', ...args] = command.map(String)
  const [key = ''] = args
  const value = map.get(key)
  switch (name.toLowerCase()) {
    case 'ping':
      return { result: 'PONG' }
    case 'get':
      return Array.isArray(value) ? { error: WRONGTYPE } : { result: textOf(value) }
    case 'strlen':
      return Array.isArray(value) ? { error: WRONGTYPE } : { result: (textOf(value) ?? '').length }
    case 'mget':
      return { result: args.map((each) => textOf(map.get(each))) }
    case 'exists':
    case 'touch':
      return { result: args.filter((each) => map.has(each)).length }
    case 'type':
      return { result: value === undefined ? 'none' : typeof value === 'string' ? 'string' : 'list' }
    case 'pttl':
    case 'ttl':
      return { result: value === undefined ? -2 : -1 }
    case 'set':
      map.set(key, args[1] ?? '')
      return { result: 'OK' }
    case 'del':
      return { result: args.filter((each) => map.delete(each)).length }
    default:
      return { error: `ERR unknown command '${name}'` }
  }
}

/** The keys a command names. */
export function keysOf(command: readonly unknown[]): string[] {
  const [name = '', ...args] = command.map(String)
  if (['mget', 'exists', 'touch', 'del'].includes(name.toLowerCase())) return args
  if (/^(eval|evalsha|eval_ro|evalsha_ro)$/i.test(name)) return args.slice(2)
  return args.slice(0, 1)
}

function textOf(value: string | readonly string[] | undefined): string | null {
  return typeof value === 'string' ? value : null
}
