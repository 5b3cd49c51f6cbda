// Texts of others, as an explanation shows them: they cannot be taken for words of ours, and control no terminal.

const PLAIN = /^[\w.:/@~+=&%-]+$/

/** Control and format characters, such as those that reverse the direction of a text. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** In quotes unless it is plain. */
export function shown(text: string): string {
  return PLAIN.test(text) ? text : JSON.stringify(text).replace(UNSEEN, escaped)
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

export function shownList(texts: readonly string[], joint = ', '): string {
  return texts.length === 0 ? 'none' : texts.map(shown).join(joint)
}

/** As many as a line can have. */
const SOME = 4

export function shownSome(texts: readonly string[]): string {
  const more = texts.length - SOME
  return more > 0 ? `${shownList(texts.slice(0, SOME))} and ${more} more` : shownList(texts)
}

/** A time in seconds, which may be past every date. */
export function shownTime(seconds: number): string {
  const date = new Date(seconds * 1000)
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : date.toISOString()
}
