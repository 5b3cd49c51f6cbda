// Cuts the text of a Lua script into tokens.

import { LuaError } from './lua-error.ts'

export interface Token {
  readonly kind: 'name' | 'keyword' | 'text' | 'number' | 'sign' | 'end'
  readonly text: string
}

const KEYWORDS = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
)

const NEXT =
  /\s+|--[^\n]*|([A-Za-z_]\w*)|('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(\d+\.?\d*)|(\.\.|[=~<>]=|[-+*/%^#<>=(){}[\];:,.])/y

export function tokensOf(script: string): readonly Token[] {
  const tokens: Token[] = []
  NEXT.lastIndex = 0
  while (NEXT.lastIndex < script.length) {
    const found = NEXT.exec(script)
    if (found === null) throw new LuaError('the script is not understood')
    const [, name, text, number, sign] = found
    if (name !== undefined) tokens.push({ kind: KEYWORDS.has(name) ? 'keyword' : 'name', text: name })
    if (text !== undefined) tokens.push({ kind: 'text', text: unescaped(text.slice(1, -1)) })
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
  }
  return [...tokens, { kind: 'end', text: '' }]
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => ({ n: '\n', t: '\t', r: '\r' })[letter] ?? letter)
}
