// Texts of others in a line of ours: they cannot be taken for words of ours, end the line or control a terminal.

const PLAIN = /^[\w.:/@~+%-]+$/

/** Controls, line breaks, marks of direction and halves of a pair of surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** In quotes unless it is one plain word. */
export function quoted(text: string): string {
  return PLAIN.test(text) ? text : escaped(JSON.stringify(text))
}

/** As JSON escapes them. A line of JSON still has the same meaning. */
export function escaped(line: string): string {
  return line.replace(UNSAFE, (unsafe) =>
    Array.from({ length: unsafe.length }, (_, index) => {
      return `\\u${unsafe.charCodeAt(index).toString(16).padStart(4, '0')}`
    }).join(''),
  )
}
