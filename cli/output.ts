// What is printed: results on standard output, messages on standard error, colours on a terminal only.

import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Standard output in colour, unless it is no terminal or NO_COLOR is set. */
export const paint = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout })

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** One JSON document in one line. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

/** Says something that is no result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function sayError(text: string): void {
  const name = styleText('red', 'caracal-edge:', { stream: process.stderr })
  say(`${name} ${text}`)
}

/** What another program says, without what would move the cursor of a terminal or turn the text around. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 500)
}
