// Lua's patterns as regular expressions: as much of them as the scripts of the package use.

import { LuaError, type LuaValue } from './lua-values.ts'

const CLASSES: { readonly [letter: string]: string } = {
  d: '[0-9]',
  a: '[A-Za-z]',
  s: '\\s',
  S: '\\S',
  w: '[A-Za-z0-9]',
}

/** A class or a character with its quantifier, a sign of a group, or an anchor. */
const PART = /(%.|[^()^$%[\]])([-*+?]?)|([()])|(\^)|(\$)/g

const known = new Map<string, RegExp>()

export function patternOf(pattern: string, flags = ''): RegExp {
  const name = `${flags} ${pattern}`
  const expression = known.get(name) ?? new RegExp(sourceOf(pattern), `${flags}s`)
  if (known.size < 100) known.set(name, expression)
  expression.lastIndex = 0
  return expression
}

function sourceOf(pattern: string): string {
  const parts = [...pattern.matchAll(PART)]
  if (parts.map(([part]) => part).join('') !== pattern) throw new LuaError('the pattern is not served')
  return parts
    .map(([part, item, quantifier = '', , start, end], index) => {
      if (item !== undefined) return itemSource(item) + (quantifier === '-' ? '*?' : quantifier)
      // Anchors are anchors only at the ends.
      if (start !== undefined) return index === 0 ? '^' : '\\^'
      if (end !== undefined) return index === parts.length - 1 ? '$' : '\\$'
      return part
    })
    .join('')
}

function itemSource(item: string): string {
  if (item === '.') return '.'
  const letter = item.length === 2 ? item.slice(1) : item
  const known = item.length === 2 && Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined
  if (known !== undefined) return known
  if (item.length === 2 && /[A-Za-z0-9]/.test(letter)) throw new LuaError(`the pattern ${item} is not served`)
  return letter.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
}

/** The groups of a match, or all of it where there are none. */
export function groupsOf(found: RegExpExecArray): readonly LuaValue[] {
  return found.length > 1 ? found.slice(1) : [found[0]]
}

export function* matchesOf(text: string, pattern: string): Generator<readonly LuaValue[]> {
  for (const found of text.matchAll(patternOf(pattern, 'g'))) yield groupsOf(found)
}
