// What is printed: results on standard output, messages on standard error, colours on a terminal only.

import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Standard output in colour, unless it is no terminal or NO_COLOR is set. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout })

export function print(text: string): void {
  process.stdout.write(`${harmless(text)}\n`)
}

/** One JSON document in one line. What a terminal would obey is escaped, which JSON does for a part of it only. */
export function printJson(value: unknown): void {
  const json = JSON.stringify(value).replace(UNSAFE, (character) =>
    Array.from({ length: character.length }, (_, at) => unicodeEscape(character.charCodeAt(at))).join(''),
  )
  process.stdout.write(`${json}\n`)
}

const unicodeEscape = (unit: number) => `\\u${unit.toString(16).padStart(4, '0')}`

/** Says something that is no result. */
export function say(text: string): void {
  process.stderr.write(`${harmless(text)}\n`)
}

export function sayError(text: string): void {
  const name = styleText('red', 'caracal-edge:', { stream: process.stderr })
  say(`${name} ${text}`)
}

/** Control characters, and those that turn a text around, hide it or end a line. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** The colours of `paint` and line breaks stay. Any text may be that of another program, so that nothing else does. */
function harmless(text: string): string {
  return text
    .split(OWN_STYLES)
    .map((part, at) => (at % 2 === 1 ? part : part.replace(UNSAFE, (one) => (one === '\n' ? one : ' '))))
    .join('')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour begins with.
const OWN_STYLES = /(\u001b\[(?:2|22|31|32|33|39)m)/

/** What another program says, without what would move the cursor of a terminal or turn the text around. */
export function oneLine(text: string, most = 500): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, most)
}
