// Lua's patterns: as much of them as the scripts of the package use. Every step is counted, because a pattern can take
// more of them than anybody waits for.

import { work } from './limits.ts'
import { LuaError } from './lua-error.ts'

interface Found {
  readonly start: number
  readonly end: number
  /** The groups, or all of the match where there are none. */
  readonly groups: readonly string[]
}

type Part =
  | { readonly kind: 'open' | 'close' | 'end' }
  | {
      readonly kind: 'character'
      readonly fits: (character: string) => boolean
      readonly quantifier: string
    }

const CLASSES: { readonly [letter: string]: RegExp } = {
  d: /[0-9]/,
  a: /[A-Za-z]/,
  s: /[\t-\r ]/,
  S: /[^\t-\r ]/,
  w: /[A-Za-z0-9]/,
}

const notServed = (what: string) => new LuaError(`the pattern ${what} is not served`)

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = []
  let hasGroup = false
  for (let at = 0; at < pattern.length; at++) {
    work()
    const sign = pattern.charAt(at)
    const isLast = at === pattern.length - 1
    if (sign === '(' && pattern.charAt(at + 1) !== ')') {
      hasGroup = true
      parts.push({ kind: 'open' })
    } else if (sign === ')' && hasGroup) parts.push({ kind: 'close' })
    else if (sign === '$' && isLast) parts.push({ kind: 'end' })
    else if (/[()[\]]/.test(sign) || (sign === '%' && isLast)) throw notServed(`with ${sign}`)
    else {
      if (sign === '%') at += 1
      const fits = fitting(sign, pattern.charAt(at))
      const quantifier = /[-*+?]/.exec(pattern.charAt(at + 1))?.[0] ?? ''
      at += quantifier.length
      parts.push({ kind: 'character', fits, quantifier })
    }
  }
  const count = (wanted: Part['kind']) => parts.filter(({ kind }) => kind === wanted).length
  if (count('open') !== count('close')) throw new LuaError('malformed pattern: a group has no end')
  return parts
}

function fitting(sign: string, letter: string): (character: string) => boolean {
  if (sign === '.') return () => true
  const known = sign === '%' && Object.hasOwn(CLASSES, letter) ? CLASSES[letter] : undefined
  if (known !== undefined) return (character) => known.test(character)
  if (sign === '%' && /[A-Za-z0-9]/.test(letter)) throw notServed(`%${letter}`)
  return (character) => character === letter
}

/** One match after the other, from the start of the text on. */
export function* matchesOf(text: string, pattern: string): Generator<Found> {
  // An anchor only there.
  const isAnchored = pattern.startsWith('^')
  const matcher = new Matcher(text, partsOf(isAnchored ? pattern.slice(1) : pattern))
  for (let start = 0; start <= text.length; ) {
    const found = matcher.at(start)
    if (found !== undefined) yield found
    if (isAnchored) return
    start = Math.max(start + 1, found?.end ?? 0)
  }
}

class Matcher {
  readonly #text: string
  readonly #parts: readonly Part[]
  #groups: { readonly start: number; end: number | undefined }[] = []

  constructor(text: string, parts: readonly Part[]) {
    this.#text = text
    this.#parts = parts
  }

  /** The match that starts there. */
  at(start: number): Found | undefined {
    this.#groups = []
    const end = this.#endOf(0, start)
    if (end === undefined) return undefined
    const groups = this.#groups.map((group) => this.#text.slice(group.start, group.end))
    return { start, end, groups: groups.length > 0 ? groups : [this.#text.slice(start, end)] }
  }

  /** Where the parts from this one on end; `undefined` if they do not fit. */
  #endOf(index: number, at: number): number | undefined {
    work()
    const part = this.#parts[index]
    if (part === undefined) return at
    const rest = (from: number) => this.#endOf(index + 1, from)
    switch (part.kind) {
      case 'end':
        return at === this.#text.length ? rest(at) : undefined
      case 'open': {
        this.#groups.push({ start: at, end: undefined })
        const end = rest(at)
        if (end === undefined) this.#groups.pop()
        return end
      }
      case 'close': {
        work(this.#groups.length)
        const group = this.#groups.findLast((one) => one.end === undefined)
        if (group === undefined) throw new LuaError('malformed pattern: a group has no beginning')
        group.end = at
        const end = rest(at)
        if (end === undefined) group.end = undefined
        return end
      }
      case 'character':
        return this.#endOfCharacters(part, at, rest)
    }
  }

  #endOfCharacters(
    { fits, quantifier }: Part & { kind: 'character' },
    at: number,
    rest: (from: number) => number | undefined,
  ): number | undefined {
    const isOptional = quantifier === '?' || quantifier === '*' || quantifier === '-'
    const most = quantifier === '' || quantifier === '?' ? 1 : Number.POSITIVE_INFINITY
    let last = at
    if (quantifier === '-') {
      for (;;) {
        const end = rest(last)
        if (end !== undefined || !this.#fitsAt(fits, last)) return end
        last += 1
      }
    }
    while (last - at < most && this.#fitsAt(fits, last)) last += 1
    for (; last >= at + (isOptional ? 0 : 1); last--) {
      const end = rest(last)
      if (end !== undefined) return end
    }
    return undefined
  }

  #fitsAt(fits: (character: string) => boolean, at: number): boolean {
    work()
    return at < this.#text.length && fits(this.#text.charAt(at))
  }
}
