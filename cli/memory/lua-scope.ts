// Where the variables of a running script are.

import { work } from './limits.ts'
import { LuaError } from './lua-error.ts'
import type { LuaValue } from './lua-values.ts'

export class Scope {
  readonly #variables = new Map<string, LuaValue>()
  readonly #parent: Scope | undefined

  constructor(parent?: Scope) {
    this.#parent = parent
  }

  declare(name: string, value: LuaValue): void {
    work()
    this.#variables.set(name, value)
  }

  get(name: string): LuaValue {
    const scope = this.#holderOf(name)
    if (scope === undefined) throw new LuaError(`the script uses '${name}', which is not served`)
    return scope.#variables.get(name)
  }

  set(name: string, value: LuaValue): void {
    const scope = this.#holderOf(name)
    if (scope === undefined) throw new LuaError(`attempt to create the global variable '${name}'`)
    scope.#variables.set(name, value)
  }

  #holderOf(name: string): Scope | undefined {
    work()
    if (this.#variables.has(name)) return this
    return this.#parent === undefined ? undefined : this.#parent.#holderOf(name)
  }
}
