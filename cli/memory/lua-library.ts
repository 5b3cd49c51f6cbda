// The functions of Lua that the scripts of the package call, and `redis`.

import { groupsOf, matchesOf, patternOf } from './lua-patterns.ts'
import type { Scope } from './lua-scope.ts'
import {
  LuaError,
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
    const found = patternOf(textIn(pattern)).exec(textIn(text))
    return found === null ? [undefined] : groupsOf(found)
  },
  gmatch: ([text, pattern]) => {
    const found = matchesOf(textIn(text), textIn(pattern))
    return [() => found.next().value ?? [undefined]]
  },
  gsub: ([text, pattern, replacement]) => {
    const by = textIn(replacement)
    let count = 0
    const replaced = textIn(text).replace(
      patternOf(textIn(pattern), 'g'),
      (whole: string, ...groups: unknown[]) => {
        count += 1
        return by.replace(/%(.)/g, (_, sign: string) =>
          /\d/.test(sign) ? String(sign === '0' ? whole : (groups[Number(sign) - 1] ?? whole)) : sign,
        )
      },
    )
    return [replaced, count]
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

/** As C writes it, without an exponent. */
function wholeText(number: number): string {
  return BigInt(Math.round(number)).toString()
}

const TABLE: { readonly [name: string]: LuaFunction } = {
  insert: ([table, ...values]) => {
    if (values.length !== 1) throw new LuaError('table.insert with a position is not served')
    tableIn(table).set(tableIn(table).length + 1, values[0])
    return []
  },
  concat: ([table, between = '']) => [tableIn(table).list().map(textIn).join(textIn(between))],
}

const MATH: { readonly [name: string]: LuaFunction } = {
  floor: ([number]) => [Math.floor(numberIn(number))],
  max: (numbers) => [Math.max(...numbers.map(numberIn))],
  min: (numbers) => [Math.min(...numbers.map(numberIn))],
}

const nextOf: LuaFunction = ([table, key]) => {
  const entries = tableIn(table).entries()
  const at = key === undefined ? 0 : entries.findIndex(([name]) => name === key) + 1
  return entries[at] ?? [undefined]
}

const nextIndex: LuaFunction = ([table, index]) => {
  const next = numberIn(index) + 1
  const value = tableIn(table).get(next)
  return value === undefined ? [undefined] : [next, value]
}

const GLOBAL: { readonly [name: string]: LuaFunction } = {
  tonumber: ([value]) => [toNumber(value)],
  tostring: ([value]) => [typeof value === 'number' ? String(value) : (value ?? 'nil').toString()],
  type: ([value]) => [luaType(value)],
  pairs: ([table]) => [nextOf, tableIn(table), undefined],
  ipairs: ([table]) => [nextIndex, tableIn(table), 0],
  unpack: ([table, from = 1, to]) =>
    tableIn(table).list(numberIn(from), to === undefined ? undefined : numberIn(to)),
}

/** @param command runs a command of Redis; a table with `err` is an error of it */
export function declareLibrary(scope: Scope, command: (words: readonly string[]) => LuaValue): void {
  const words = (args: readonly LuaValue[]) => args.map(textIn)
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
  for (const [name, work] of Object.entries(GLOBAL)) scope.declare(name, work)
  for (const [name, library] of Object.entries({ string: STRING, table: TABLE, math: MATH, redis })) {
    const table = new LuaTable()
    for (const [member, work] of Object.entries(library)) table.set(member, work)
    scope.declare(name, table)
  }
}
