// Compiles the expressions of a Lua script into functions.

import { work } from './limits.ts'
import { LuaError } from './lua-error.ts'
import type { Scope } from './lua-scope.ts'
import type { Token } from './lua-tokens.ts'
import {
  isBefore,
  isSame,
  isTruthy,
  type LuaFunction,
  LuaTable,
  type LuaValue,
  luaType,
  numberIn,
  tableIn,
  textIn,
} from './lua-values.ts'

export interface Expression {
  /** Only a call gives another number of values than one. */
  readonly values: (scope: Scope) => readonly LuaValue[]
  readonly isCall: boolean
  /** Of a variable or a member. */
  readonly assign?: (scope: Scope, value: LuaValue) => void
}

type ReadBody = () => (scope: Scope, args: readonly LuaValue[]) => readonly LuaValue[]

const single = (value: (scope: Scope) => LuaValue): Expression => ({
  values: (scope) => {
    work()
    return [value(scope)]
  },
  isCall: false,
})

export const one = (expression: Expression, scope: Scope): LuaValue => expression.values(scope)[0]

/** All values of a list: the last expression gives all of its own. */
export function allOf(list: readonly Expression[], scope: Scope): readonly LuaValue[] {
  const last = list.length - 1
  const values = list.flatMap((each, at) => (at === last ? each.values(scope) : [one(each, scope)]))
  work(values.length)
  return values
}

type Operator = (left: Expression, right: Expression) => (scope: Scope) => LuaValue

const arithmetic =
  (result: (left: number, right: number) => number): Operator =>
  (left, right) =>
  (scope) =>
    result(numberIn(one(left, scope)), numberIn(one(right, scope)))

const comparison =
  (result: (left: LuaValue, right: LuaValue) => boolean): Operator =>
  (left, right) =>
  (scope) =>
    result(one(left, scope), one(right, scope))

/** From the weakest to the strongest. */
const OPERATORS: readonly { readonly [sign: string]: Operator }[] = [
  {
    or: (left, right) => (scope) => {
      const value = one(left, scope)
      return isTruthy(value) ? value : one(right, scope)
    },
  },
  {
    and: (left, right) => (scope) => {
      const value = one(left, scope)
      return isTruthy(value) ? one(right, scope) : value
    },
  },
  {
    '==': comparison(isSame),
    '~=': comparison((left, right) => !isSame(left, right)),
    '<': comparison(isBefore),
    '>': comparison((left, right) => isBefore(right, left)),
    '<=': comparison((left, right) => !isBefore(right, left)),
    '>=': comparison((left, right) => !isBefore(left, right)),
  },
  { '..': (left, right) => (scope) => textIn(one(left, scope)) + textIn(one(right, scope)) },
  { '+': arithmetic((left, right) => left + right), '-': arithmetic((left, right) => left - right) },
  {
    '*': arithmetic((left, right) => left * right),
    '/': arithmetic((left, right) => left / right),
    '%': arithmetic((left, right) => left - Math.floor(left / right) * right),
  },
]

const UNARY: { readonly [sign: string]: (value: LuaValue) => LuaValue } = {
  not: (value) => !isTruthy(value),
  '-': (value) => -numberIn(value),
  '#': (value) => (typeof value === 'string' ? Buffer.byteLength(textIn(value)) : tableIn(value).length),
}

const CONSTANTS = new Map<string, LuaValue>([
  ['nil', undefined],
  ['true', true],
  ['false', false],
])

/** Reads tokens in order. */
export class ExpressionReader {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  get next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '' }
  }

  take(): Token {
    const token = this.next
    this.#at += 1
    return token
  }

  /** Whether the next token is this keyword or sign, which is then taken. */
  accept(text: string): boolean {
    const { kind, text: found } = this.next
    if ((kind !== 'keyword' && kind !== 'sign') || found !== text) return false
    this.#at += 1
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) throw new LuaError(`the script has '${this.next.text}' in place of '${text}'`)
  }

  name(): string {
    const { kind, text } = this.take()
    if (kind !== 'name') throw new LuaError(`the script has '${text}' in place of a name`)
    return text
  }

  list(readBody: ReadBody): readonly Expression[] {
    const list = [this.expression(readBody)]
    while (this.accept(',')) list.push(this.expression(readBody))
    return list
  }

  expression(readBody: ReadBody, level = 0): Expression {
    const operators = OPERATORS[level]
    if (operators === undefined) return this.#unary(readBody)
    let left = this.expression(readBody, level + 1)
    for (;;) {
      const { kind, text } = this.next
      const operator = kind !== 'text' && Object.hasOwn(operators, text) ? operators[text] : undefined
      if (operator === undefined) return left
      this.take()
      left = single(operator(left, this.expression(readBody, level + 1)))
    }
  }

  #unary(readBody: ReadBody): Expression {
    const { kind, text } = this.next
    const operator = kind !== 'text' && Object.hasOwn(UNARY, text) ? UNARY[text] : undefined
    if (operator === undefined) return this.suffixed(readBody)
    this.take()
    const operand = this.#unary(readBody)
    return single((scope) => operator(one(operand, scope)))
  }

  /** A value with what follows it: members and calls. */
  suffixed(readBody: ReadBody): Expression {
    let value = this.#primary(readBody)
    for (;;) {
      if (this.accept('.')) {
        const key = this.name()
        value = member(value, () => key)
      } else if (this.accept('[')) {
        const key = this.expression(readBody)
        this.expect(']')
        value = member(value, (scope) => one(key, scope))
      } else if (this.accept('(')) {
        const args = this.accept(')') ? [] : this.list(readBody)
        if (args.length > 0) this.expect(')')
        value = call(value, args)
      } else return value
    }
  }

  #primary(readBody: ReadBody): Expression {
    if (this.accept('(')) {
      const inner = this.expression(readBody)
      this.expect(')')
      return single((scope) => one(inner, scope))
    }
    if (this.accept('{')) return this.#table(readBody)
    if (this.accept('function')) {
      const run = readBody()
      return single((scope) => (args) => run(scope, args))
    }
    const { kind, text } = this.take()
    if (kind === 'text') return single(() => text)
    if (kind === 'number') return single(() => Number(text))
    if (kind === 'keyword' && CONSTANTS.has(text)) return single(() => CONSTANTS.get(text))
    if (kind !== 'name') throw new LuaError(`the script has '${text}' in place of a value`)
    return {
      ...single((scope) => scope.get(text)),
      assign: (scope, value) => scope.set(text, value),
    }
  }

  #table(readBody: ReadBody): Expression {
    const named: (readonly [string, Expression])[] = []
    const list: Expression[] = []
    while (!this.accept('}')) {
      const value = this.expression(readBody)
      // `name = value`, whose name has been read as a variable.
      const before = this.#tokens[this.#at - 1]
      if (before?.kind === 'name' && this.accept('=')) named.push([before.text, this.expression(readBody)])
      else list.push(value)
      if (!this.accept(',') && !this.accept(';') && this.next.text !== '}') this.expect('}')
    }
    return single((scope) => {
      const table = LuaTable.of(allOf(list, scope))
      for (const [name, value] of named) table.set(name, one(value, scope))
      return table
    })
  }
}

function member(of: Expression, key: (scope: Scope) => LuaValue): Expression {
  return {
    ...single((scope) => tableIn(one(of, scope)).get(key(scope))),
    assign: (scope, value) => tableIn(one(of, scope)).set(key(scope), value),
  }
}

function call(called: Expression, args: readonly Expression[]): Expression {
  return {
    values: (scope) => {
      work()
      return functionIn(one(called, scope))(allOf(args, scope))
    },
    isCall: true,
  }
}

export function functionIn(value: LuaValue): LuaFunction {
  if (typeof value === 'function') return value
  throw new LuaError(`attempt to call a ${luaType(value)} value`)
}
