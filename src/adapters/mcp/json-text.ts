// Looks at JSON as text, for what can no longer be seen once it is parsed: its depth, and numbers that JavaScript changes.

import { MAX_MESSAGE_DEPTH } from '../../lib/limits.ts'

interface JsonText {
  /** Whether it is nested too deeply to be parsed. */
  readonly isTooDeep: boolean
  /** Whether every number has the same value in JavaScript and in the text that JavaScript makes of it. */
  readonly hasExactNumbers: boolean
}

const QUOTE = 0x22
const MINUS = 0x2d
const BACKSLASH = 0x5c

/**
 * Tells nothing about text that is not JSON, except that a parser gets no deeper in it: it finds the same strings as far as
 * the first error.
 */
export function lookAtJson(text: string): JsonText {
  let depth = 0
  let hasExactNumbers = true
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (opens(code)) {
      if (++depth > MAX_MESSAGE_DEPTH) return { isTooDeep: true, hasExactNumbers }
    } else if (closes(code)) depth--
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      hasExactNumbers &&= isExact(text.slice(at, end))
      at = end - 1
    }
  }
  return { isTooDeep: false, hasExactNumbers }
}

const opens = (code: number) => code === 0x5b || code === 0x7b
const closes = (code: number) => code === 0x5d || code === 0x7d
const isDigit = (code: number) => code >= 0x30 && code <= 0x39

/** Where the string that begins here ends: at its quote, or at the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at - 1
    while (text.charCodeAt(before) === BACKSLASH) before--
    // Of an even number of backslashes, each escapes the next one and none the quote.
    if ((at - 1 - before) % 2 === 0) return at
  }
  return text.length
}

const NUMBER_CHARACTERS = new Set(Array.from('0123456789+-.eE', (character) => character.charCodeAt(0)))

function endOfNumber(text: string, start: number): number {
  let at = start + 1
  while (NUMBER_CHARACTERS.has(text.charCodeAt(at))) at++
  return at
}

/** An integer that is certainly exact. */
const SHORT_INTEGER = /^(0|-?[1-9]\d{0,14})$/

function isExact(literal: string): boolean {
  if (SHORT_INTEGER.test(literal)) return true
  const value = Number(literal)
  if (!Number.isFinite(value)) return false
  // JSON has a negative zero, and `JSON.stringify` writes none.
  if (value === 0) return !literal.startsWith('-') && /^[0.]*$/.test(literal.split(/e/i)[0] ?? '')
  if (/^-?\d+$/.test(literal)) return Number.isSafeInteger(value)
  const written = String(value)
  return written === literal || decimal(written) === decimal(literal)
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i

/** The same text for the same number, which is not zero, however it is written. */
function decimal(literal: string): string | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(literal) ?? []
  const digits = whole + fraction
  let [first, end] = [0, digits.length]
  while (digits[first] === '0') first++
  while (digits[end - 1] === '0') end--
  return `${sign}${digits.slice(first, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}
