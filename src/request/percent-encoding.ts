// Decodes percent-encoding without ever throwing, in time proportional to the text.

const PERCENT = 0x25

/** Which escapes of ASCII characters are decoded: all, or all but the reserved ones, as `decodeURI` does. */
export type Decoding = 'all' | 'unreserved'

/** The characters that `decodeURI` leaves escaped. */
const RESERVED = new Set(Array.from('#$&+,/:;=?@', (character) => character.charCodeAt(0)))

/**
 * Decodes each escape of an ASCII character and each escaped UTF-8 sequence, once. An escape that is neither stays
 * as it is, which is what routers do with it.
 */
export function decodePercent(text: string, decoding: Decoding = 'all'): string {
  let at = text.indexOf('%')
  if (at === -1) return text
  let decoded = ''
  let copied = 0
  while (at !== -1) {
    const sequence = sequenceAt(text, at)
    const isKept = decoding === 'unreserved' && sequence !== undefined && RESERVED.has(sequence.codePoint)
    if (sequence === undefined || isKept) {
      at = text.indexOf('%', at + 1)
      continue
    }
    decoded += text.slice(copied, at) + String.fromCodePoint(sequence.codePoint)
    copied = at + 3 * sequence.length
    at = text.indexOf('%', copied)
  }
  return decoded + text.slice(copied)
}

/** One escaped character: its code point and how many escapes it takes. */
interface Sequence {
  readonly codePoint: number
  readonly length: number
}

/** The smallest code point that a UTF-8 sequence of this many bytes may stand for; smaller ones are overlong. */
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000] as const

function sequenceAt(text: string, at: number): Sequence | undefined {
  const first = byteAt(text, at)
  if (first < 0) return undefined
  if (first < 0x80) return { codePoint: first, length: 1 }
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
  let codePoint = first & (0x7f >> length)
  for (let index = 1; index < length; index++) {
    const byte = byteAt(text, at + 3 * index)
    if (byte < 0x80 || byte > 0xbf) return undefined
    codePoint = (codePoint << 6) | (byte & 0x3f)
  }
  const isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff
  const isOverlong = codePoint < (SMALLEST[length] ?? 0)
  // A continuation byte at the beginning, and bytes from 0xf8 on, begin no sequence.
  const beginsNone = first < 0xc0 || first > 0xf7
  return beginsNone || isSurrogate || isOverlong || codePoint > 0x10ffff ? undefined : { codePoint, length }
}

/** The byte of the escape that begins here, or -1 where none does. */
function byteAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== PERCENT) return -1
  const high = hexDigit(text.charCodeAt(at + 1))
  const low = hexDigit(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
