// Compiles a Lua script: as much of Lua 5.1 as the scripts of the package use.

import { MAX_SCRIPT_LENGTH, work } from './limits.ts'
import { LuaError } from './lua-error.ts'
import { allOf, type Expression, ExpressionReader, functionIn, one } from './lua-expressions.ts'
import { Scope } from './lua-scope.ts'
import { tokensOf } from './lua-tokens.ts'
import { isTruthy, type LuaValue, numberIn } from './lua-values.ts'

/** What ends a block early: `break`, or the values that are returned. */
type Ending = 'break' | readonly LuaValue[] | undefined
type Statement = (scope: Scope) => Ending

/** @returns runs the script, with the variables of this scope */
export function compileLua(script: string): (scope: Scope) => readonly LuaValue[] {
  if (script.length > MAX_SCRIPT_LENGTH) throw new LuaError('the script is too long')
  const reader = new StatementReader(script)
  const run = reader.script()
  return (scope) => valuesOf(run(scope))
}

function valuesOf(ending: Ending): readonly LuaValue[] {
  return ending === undefined || ending === 'break' ? [] : ending
}

class StatementReader {
  readonly #reader: ExpressionReader

  constructor(script: string) {
    this.#reader = new ExpressionReader(tokensOf(script))
  }

  script(): Statement {
    const run = this.#block()
    if (this.#reader.next.kind !== 'end')
      throw new LuaError(`the script has a misplaced '${this.#reader.next.text}'`)
    return run
  }

  #block(): Statement {
    const statements: Statement[] = []
    while (!this.#isBlockOver()) {
      statements.push(this.#statement())
      this.#reader.accept(';')
    }
    return (scope) => {
      for (const run of statements) {
        work()
        const ending = run(scope)
        if (ending !== undefined) return ending
      }
      return undefined
    }
  }

  #isBlockOver(): boolean {
    const { kind, text } = this.#reader.next
    return kind === 'end' || (kind === 'keyword' && /^(?:end|else|elseif|until)$/.test(text))
  }

  #statement(): Statement {
    const reader = this.#reader
    if (reader.accept('local')) return reader.accept('function') ? this.#localFunction() : this.#local()
    if (reader.accept('if')) return this.#if()
    if (reader.accept('for')) return this.#for()
    if (reader.accept('while')) return this.#while()
    if (reader.accept('repeat')) return this.#repeat()
    if (reader.accept('do')) {
      const run = this.#block()
      reader.expect('end')
      return (scope) => run(new Scope(scope))
    }
    if (reader.accept('break')) return () => 'break'
    if (reader.accept('return')) return this.#return()
    return this.#assignment()
  }

  #localFunction(): Statement {
    const name = this.#reader.name()
    const run = this.#body()
    return (scope) => {
      scope.declare(name, (args) => run(scope, args))
      return undefined
    }
  }

  readonly #body = () => {
    this.#reader.expect('(')
    const names = this.#reader.accept(')') ? [] : this.#names()
    if (names.length > 0) this.#reader.expect(')')
    const run = this.#block()
    this.#reader.expect('end')
    return (outer: Scope, args: readonly LuaValue[]) => {
      const scope = new Scope(outer)
      for (const [index, name] of names.entries()) scope.declare(name, args[index])
      return valuesOf(run(scope))
    }
  }

  #names(): readonly string[] {
    const names = [this.#reader.name()]
    while (this.#reader.accept(',')) names.push(this.#reader.name())
    return names
  }

  #expression(): Expression {
    return this.#reader.expression(this.#body)
  }

  #local(): Statement {
    const names = this.#names()
    const list = this.#reader.accept('=') ? this.#reader.list(this.#body) : []
    return (scope) => {
      const values = allOf(list, scope)
      for (const [index, name] of names.entries()) scope.declare(name, values[index])
      return undefined
    }
  }

  #assignment(): Statement {
    const targets = [this.#reader.suffixed(this.#body)]
    const [first] = targets
    if (first?.isCall === true) {
      return (scope) => {
        first.values(scope)
        return undefined
      }
    }
    while (this.#reader.accept(',')) targets.push(this.#reader.suffixed(this.#body))
    this.#reader.expect('=')
    const list = this.#reader.list(this.#body)
    if (targets.some(({ assign }) => assign === undefined))
      throw new LuaError('the script assigns to a value')
    return (scope) => {
      const values = allOf(list, scope)
      for (const [index, { assign }] of targets.entries()) assign?.(scope, values[index])
      return undefined
    }
  }

  #return(): Statement {
    const list = this.#isBlockOver() ? [] : this.#reader.list(this.#body)
    return (scope) => allOf(list, scope)
  }

  #if(): Statement {
    const branches: { readonly when: Expression | undefined; readonly run: Statement }[] = []
    let when: Expression | undefined = this.#expression()
    this.#reader.expect('then')
    for (;;) {
      branches.push({ when, run: this.#block() })
      if (this.#reader.accept('end')) break
      when = this.#reader.accept('elseif') ? this.#expression() : undefined
      this.#reader.expect(when === undefined ? 'else' : 'then')
    }
    return (scope) => {
      const taken = branches.find(({ when }) => when === undefined || isTruthy(one(when, scope)))
      return taken?.run(new Scope(scope))
    }
  }

  #for(): Statement {
    const names = this.#names()
    const isCounting = this.#reader.accept('=')
    if (!isCounting) this.#reader.expect('in')
    const list = this.#reader.list(this.#body)
    this.#reader.expect('do')
    const run = this.#block()
    this.#reader.expect('end')
    return (scope) => {
      const rounds = isCounting ? counted(allOf(list, scope)) : iterated(allOf(list, scope))
      for (const values of rounds) {
        work()
        const inner = new Scope(scope)
        for (const [index, name] of names.entries()) inner.declare(name, values[index])
        const ending = run(inner)
        if (ending === 'break') return undefined
        if (ending !== undefined) return ending
      }
      return undefined
    }
  }

  #while(): Statement {
    const when = this.#expression()
    this.#reader.expect('do')
    const run = this.#block()
    this.#reader.expect('end')
    return (scope) => {
      while (isTruthy(one(when, scope))) {
        work()
        const ending = run(new Scope(scope))
        if (ending === 'break') return undefined
        if (ending !== undefined) return ending
      }
      return undefined
    }
  }

  #repeat(): Statement {
    const run = this.#block()
    this.#reader.expect('until')
    const until = this.#expression()
    return (scope) => {
      for (;;) {
        work()
        // The condition sees the variables of the block.
        const inner = new Scope(scope)
        const ending = run(inner)
        if (ending === 'break') return undefined
        if (ending !== undefined) return ending
        if (isTruthy(one(until, inner))) return undefined
      }
    }
  }
}

function* counted([from, to, step = 1]: readonly LuaValue[]): Generator<readonly LuaValue[]> {
  const by = numberIn(step)
  if (by === 0) throw new LuaError("'for' step is zero")
  const last = numberIn(to)
  for (let at = numberIn(from); by > 0 ? at <= last : at >= last; at += by) yield [at]
}

function* iterated([next, state, start]: readonly LuaValue[]): Generator<readonly LuaValue[]> {
  const advance = functionIn(next)
  for (let values = advance([state, start]); values[0] !== undefined; values = advance([state, values[0]])) {
    yield values
  }
}
