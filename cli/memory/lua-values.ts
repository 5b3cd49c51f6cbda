// The values of Lua, and what the language does with them.

import { work, workOn } from './limits.ts'
import { LuaError } from './lua-error.ts'

export type LuaValue = undefined | boolean | number | string | LuaTable | LuaFunction
export type LuaFunction = (args: readonly LuaValue[]) => readonly LuaValue[]

export class LuaTable {
  readonly #entries = new Map<LuaValue, LuaValue>()
  #length = 0

  static of(list: readonly LuaValue[]): LuaTable {
    const table = new LuaTable()
    for (const [index, value] of list.entries()) table.set(index + 1, value)
    return table
  }

  get(key: LuaValue): LuaValue {
    workOn(key)
    return this.#entries.get(key)
  }

  set(key: LuaValue, value: LuaValue): void {
    work()
    workOn(key)
    if (key === undefined || Number.isNaN(key)) throw new LuaError('table index is nil or NaN')
    if (value === undefined) this.#entries.delete(key)
    else this.#entries.set(key, value)
    if (value === undefined && typeof key === 'number' && key >= 1 && key <= this.#length) {
      this.#length = key - 1
    }
    while (this.#entries.has(this.#length + 1)) {
      work()
      this.#length += 1
    }
  }

  get length(): number {
    return this.#length
  }

  /** What is at 1, 2, … up to the first gap. */
  list(from = 1, to = this.#length): readonly LuaValue[] {
    const length = Math.max(0, to - from + 1)
    work(length)
    return Array.from({ length }, (_, index) => this.get(from + index))
  }

  entries(): readonly (readonly [LuaValue, LuaValue])[] {
    work(this.#entries.size)
    return [...this.#entries]
  }
}

export function isTruthy(value: LuaValue): boolean {
  return value !== undefined && value !== false
}

export function luaType(value: LuaValue): string {
  if (value === undefined) return 'nil'
  return value instanceof LuaTable ? 'table' : typeof value
}

export function toNumber(value: LuaValue): number | undefined {
  if (typeof value === 'number') return value
  workOn(value)
  // No text can be read in two ways, of which there would be as many as digits.
  if (typeof value !== 'string' || !/^\s*-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)) return undefined
  return Number(value)
}

/** For arithmetic, which takes texts that are numbers. */
export function numberIn(value: LuaValue): number {
  const number = toNumber(value)
  if (number === undefined) throw new LuaError(`attempt to perform arithmetic on a ${luaType(value)} value`)
  return number
}

/** For texts, which take numbers. */
export function textIn(value: LuaValue): string {
  workOn(value)
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new LuaError(`string expected, got ${luaType(value)}`)
}

export function tableIn(value: LuaValue): LuaTable {
  if (value instanceof LuaTable) return value
  throw new LuaError(`attempt to index a ${luaType(value)} value`)
}

export function isSame(left: LuaValue, right: LuaValue): boolean {
  workOn(left)
  return left === right
}

export function isBefore(one: LuaValue, other: LuaValue): boolean {
  workOn(one)
  if (typeof one === 'number' && typeof other === 'number') return one < other
  if (typeof one === 'string' && typeof other === 'string') return one < other
  throw new LuaError(`attempt to compare ${luaType(one)} with ${luaType(other)}`)
}
