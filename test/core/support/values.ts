// Values that cases share.

/** A string that cannot be encoded: it contains half of a surrogate pair. */
export const HALF_A_PAIR = 'x\ud98c'

/** A NumericDate, this many seconds from now. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds
}

/** Any value as the title of a test: as JSON, with angle brackets around what JSON cannot represent. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, member: unknown) =>
    isJson(member) ? member : `<${typeof member === 'object' ? member?.constructor.name : String(member)}>`,
  )
  return text.replaceAll(/"<([^"]*)>"/g, '<$1>')
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) {
    return value === null || typeof value === 'string' || typeof value === 'boolean'
  }
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
