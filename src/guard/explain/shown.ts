// Lists and times as an explanation shows them.

import { quoted } from '../../lib/quoted.ts'

export function shownList(texts: readonly string[], joint = ', '): string {
  return texts.length === 0 ? 'none' : texts.map(quoted).join(joint)
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
