// Where the variables of a running script are, and how long it may run.

import { LuaError, type LuaValue } from './lua-values.ts'

/** A script of the package takes some thousands. */
const MAX_STEPS = 1_000_000

export class Scope {
  readonly #variables = new Map<string, LuaValue>()
  readonly #parent: Scope | undefined
  readonly #steps: { left: number }

  constructor(parent?: Scope) {
    this.#parent = parent
    this.#steps = parent === undefined ? { left: MAX_STEPS } : parent.#steps
  }

  /** @throws {LuaError} for a script that does not end: it would hold up everybody */
  step(): void {
    this.#steps.left -= 1
    if (this.#steps.left < 0) throw new LuaError('the script takes too many steps')
  }

  declare(name: string, value: LuaValue): void {
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
    if (this.#variables.has(name)) return this
    return this.#parent === undefined ? undefined : this.#parent.#holderOf(name)
  }
}
