// A Redis in memory. It serves what this package sends, scripts included, and says so when it is asked for more.

import { GROUP_COMMANDS } from './group-commands.ts'
import { Keyspace } from './keyspace.ts'
import { beginWork, WORK_OF_REPLY, work, workOfCommand, workOnReply } from './limits.ts'
import { LuaError } from './lua-error.ts'
import { declareLibrary } from './lua-library.ts'
import { Scope } from './lua-scope.ts'
import { compileLua } from './lua-statements.ts'
import { LuaTable, type LuaValue } from './lua-values.ts'
import { notServed, OK, Refusal, type Reply, refuse, Status, wrongNumber } from './replies.ts'
import { type Handler, STREAM_COMMANDS, wholeNumber } from './stream-commands.ts'

/** `SET key value [PX ms]` */
const set: Handler = (keys, [key, value, ...options]) => {
  if (key === undefined || value === undefined) return wrongNumber('set')
  const [word, ms, ...more] = options
  if (more.length > 0 || (word !== undefined && word.toUpperCase() !== 'PX'))
    return notServed('SET with more than PX')
  const left = word === undefined ? undefined : wholeNumber(ms)
  if (left !== undefined && left <= 0) return refuse("ERR invalid expire time in 'set' command")
  keys.set(key, value, left === undefined ? undefined : Date.now() + left)
  return OK
}

const pttl: Handler = (keys, [key = '']) => {
  const entry = keys.entry(key)
  if (entry === undefined) return -2
  return entry.expiresAt === undefined ? -1 : entry.expiresAt - Date.now()
}

const pexpire: Handler = (keys, [key = '', ms]) => {
  const entry = keys.entry(key)
  if (entry === undefined) return 0
  entry.expiresAt = Date.now() + wholeNumber(ms)
  return 1
}

const type: Handler = (keys, [key = '']) => {
  const value = keys.entry(key)?.value
  return new Status(value === undefined ? 'none' : typeof value === 'string' ? 'string' : 'stream')
}

const config: Handler = (_keys, [word = '', name = '']) =>
  word.toUpperCase() === 'GET' && name === 'maxmemory-policy'
    ? [name, 'noeviction']
    : notServed('CONFIG in this form')

const COMMANDS: { readonly [name: string]: Handler } = {
  ...STREAM_COMMANDS,
  ...GROUP_COMMANDS,
  ping: () => new Status('PONG'),
  get: (keys, [key = '']) => keys.text(key) ?? null,
  mget: (keys, names) =>
    names.map((name) => {
      const value = keys.entry(name)?.value
      return typeof value === 'string' ? value : null
    }),
  set,
  del: (keys, names) => names.filter((name) => keys.delete(name)).length,
  exists: (keys, names) => names.filter((name) => keys.entry(name) !== undefined).length,
  type,
  pttl,
  pexpire,
  time: () => {
    const now = Date.now()
    return [String(Math.floor(now / 1000)), String((now % 1000) * 1000)]
  },
  config,
}

const DISCARDED = new Refusal('EXECABORT Transaction discarded because of previous errors.')

function handlerOf(name: string): Handler | undefined {
  const known = name.toLowerCase()
  return Object.hasOwn(COMMANDS, known) ? COMMANDS[known] : undefined
}

const isServed = (name: string) => name.toUpperCase() === 'EVAL' || handlerOf(name) !== undefined

export class MemoryRedis {
  readonly #keys = new Keyspace()
  readonly #scripts = new Map<string, ReturnType<typeof compileLua>>()

  /** Runs one command. Nothing else runs in between, as in Redis. */
  run(command: readonly string[]): Reply {
    beginWork()
    return this.#run(command)
  }

  #run(command: readonly string[]): Reply {
    try {
      workOfCommand()
      const [name = '', ...args] = command
      if (name.toUpperCase() === 'EVAL') return this.#eval(args)
      return this.#handle(name, args)
    } catch (error) {
      if (error instanceof Refusal) return error
      if (error instanceof LuaError)
        return new Refusal(/^[A-Z]+ /.test(error.message) ? error.message : `ERR ${error.message}`)
      // The stack, or the longest text of JavaScript.
      if (error instanceof RangeError) return new Refusal('ERR the script goes too deep, or makes too much')
      throw error
    }
  }

  /** What one request asks for. A transaction is discarded if one of its commands is not served at all. */
  runAll(commands: readonly (readonly string[])[]): readonly Reply[] {
    beginWork()
    if (commands[0]?.[0] !== 'MULTI' || commands.at(-1)?.[0] !== 'EXEC') {
      return commands.map((command) => this.#run(command))
    }
    const inner = commands.slice(1, -1)
    const queued = inner.map(([name = '']) => (isServed(name) ? new Status('QUEUED') : this.#run([name])))
    const isDiscarded = queued.some((reply) => reply instanceof Refusal)
    return [OK, ...queued, isDiscarded ? DISCARDED : inner.map((command) => this.#run(command))]
  }

  #handle(name: string, args: readonly string[]): Reply {
    const handler = handlerOf(name)
    // The name may be anything, and of any length.
    if (handler === undefined) return notServed(/^\w{1,20}$/.test(name) ? name.toUpperCase() : 'this command')
    const reply = handler(this.#keys, args)
    workOnReply(reply)
    return reply
  }

  #eval([script = '', count, ...rest]: readonly string[]): Reply {
    const compiled = this.#scripts.get(script) ?? compileLua(script)
    // The package has a handful.
    if (this.#scripts.size < 100) this.#scripts.set(script, compiled)
    const scope = new Scope()
    declareLibrary(scope, ([name = '', ...args]) => {
      try {
        return luaOf(this.#handle(name, args))
      } catch (error) {
        if (error instanceof Refusal) return luaOf(error)
        throw error
      }
    })
    const keys = wholeNumber(count)
    scope.declare('KEYS', LuaTable.of(rest.slice(0, keys)))
    scope.declare('ARGV', LuaTable.of(rest.slice(keys)))
    const reply = replyOf(compiled(scope)[0])
    workOnReply(reply)
    return reply
  }
}

function luaOf(reply: Reply): LuaValue {
  if (reply === null) return false
  if (typeof reply === 'string' || typeof reply === 'number') return reply
  if (!(reply instanceof Status) && !(reply instanceof Refusal)) return LuaTable.of(reply.map(luaOf))
  const table = new LuaTable()
  if (reply instanceof Status) table.set('ok', reply.text)
  else table.set('err', reply.message)
  return table
}

function replyOf(value: LuaValue): Reply {
  work(WORK_OF_REPLY)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Math.trunc(value)
  if (value === true) return 1
  if (!(value instanceof LuaTable)) return null
  const [ok, err] = [value.get('ok'), value.get('err')]
  if (typeof err === 'string') return new Refusal(err)
  if (typeof ok === 'string') return new Status(ok)
  return value.list().map(replyOf)
}
