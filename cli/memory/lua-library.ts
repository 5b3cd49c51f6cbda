// The functions of Lua that the scripts of the package call, and `redis`.

import { work, workOfCommand, workOn } from './limits.ts'
import { LuaError } from './lua-error.ts'
import { matchesOf } from './lua-patterns.ts'
import type { Scope } from './lua-scope.ts'
import {
  type LuaFunction,
  LuaTable,
  type LuaValue,
  luaType,
  numberIn,
  tableIn,
  textIn,
  toNumber,
} from './lua-values.ts'

const STRING: { readonly [name: string]: LuaFunction } = {
  match: ([text, pattern]) => {
    const [found] = matchesOf(textIn(text), textIn(pattern))
    return found?.groups ?? [undefined]
  },
  gmatch: ([text, pattern]) => {
    const matches = matchesOf(textIn(text), textIn(pattern))
    return [
      () => {
        const next = matches.next()
        return next.done === true ? [undefined] : next.value.groups
      },
    ]
  },
  gsub: ([text, pattern, replacement]) => {
    const [whole, by] = [textIn(text), textIn(replacement)]
    const made: string[] = []
    let [count, at] = [0, 0]
    for (const { start, end, groups } of matchesOf(whole, textIn(pattern))) {
      const found = whole.slice(start, end)
      made.push(whole.slice(at, start), replaced(by, found, groups))
      count += 1
      at = end
    }
    return [made.join('') + whole.slice(at), count]
  },
  format: ([format, ...values]) => {
    const left = [...values]
    return [
      textIn(format).replace(/%(\.0f|[^s]|s)/g, (_, directive: string) => {
        if (directive === '%') return '%'
        if (directive === 's') return textIn(left.shift())
        if (directive === '.0f' || directive === 'd') return wholeText(numberIn(left.shift()))
        throw new LuaError(`string.format with %${directive} is not served`)
      }),
    ]
  },
}

function replaced(by: string, found: string, groups: readonly string[]): string {
  workOn(by)
  return by.replace(/%(.)/gs, (_, sign: string) =>
    /\d/.test(sign) ? textIn(sign === '0' ? found : (groups[Number(sign) - 1] ?? found)) : sign,
  )
}

/** As C writes it, without an exponent. */
function wholeText(number: number): string {
  if (!Number.isFinite(number)) throw new LuaError('number has no integer representation')
  return BigInt(Math.round(number)).toString()
}

const TABLE: { readonly [name: string]: LuaFunction } = {
  insert: ([table, ...values]) => {
    if (values.length !== 1) throw new LuaError('table.insert with a position is not served')
    tableIn(table).set(tableIn(table).length + 1, values[0])
    return []
  },
  concat: ([table, between = '']) => {
    const texts = tableIn(table).list().map(textIn)
    for (const _ of texts) workOn(between)
    return [texts.join(textIn(between))]
  },
}

const MATH: { readonly [name: string]: LuaFunction } = {
  floor: ([number]) => [Math.floor(numberIn(number))],
  max: (numbers) => [Math.max(...numbers.map(numberIn))],
  min: (numbers) => [Math.min(...numbers.map(numberIn))],
}

/** What a script removes meanwhile does not come. */
function entriesOf(table: LuaTable): LuaFunction {
  const left = table.entries().values()
  return () => {
    for (const [key] of left) {
      work()
      const value = table.get(key)
      if (value !== undefined) return [key, value]
    }
    return [undefined]
  }
}

const nextIndex: LuaFunction = ([table, index]) => {
  const next = numberIn(index) + 1
  const value = tableIn(table).get(next)
  return value === undefined ? [undefined] : [next, value]
}

const GLOBAL: { readonly [name: string]: LuaFunction } = {
  tonumber: ([value]) => [toNumber(value)],
  tostring: ([value]) => {
    if (typeof value === 'string' || typeof value === 'number') return [textIn(value)]
    // Of a table or a function, Redis tells an address.
    return [typeof value === 'boolean' ? String(value) : luaType(value)]
  },
  type: ([value]) => [luaType(value)],
  pairs: ([table]) => [entriesOf(tableIn(table))],
  ipairs: ([table]) => [nextIndex, tableIn(table), 0],
  unpack: ([table, from = 1, to]) =>
    tableIn(table).list(numberIn(from), to === undefined ? undefined : numberIn(to)),
}

/** @param command runs a command of Redis; a table with `err` is an error of it */
export function declareLibrary(scope: Scope, command: (words: readonly string[]) => LuaValue): void {
  const words = (args: readonly LuaValue[]) => {
    workOfCommand()
    return args.map(textIn)
  }
  const redis: { readonly [name: string]: LuaFunction } = {
    pcall: (args) => [command(words(args))],
    call: (args) => {
      const reply = command(words(args))
      const error = reply instanceof LuaTable ? reply.get('err') : undefined
      if (typeof error === 'string') throw new LuaError(error)
      return [reply]
    },
    error_reply: ([text]) => {
      const reply = new LuaTable()
      reply.set('err', textIn(text))
      return [reply]
    },
  }
  for (const [name, value] of Object.entries(GLOBAL)) scope.declare(name, value)
  for (const [name, library] of Object.entries({ string: STRING, table: TABLE, math: MATH, redis })) {
    const table = new LuaTable()
    for (const [member, value] of Object.entries(library)) table.set(member, value)
    scope.declare(name, table)
  }
}
