// Decodes percent-encoding. Never throws, and takes linear time.

const HEX = '[\\da-f]'
/** A byte that continues a UTF-8 sequence. */
const NEXT = `%[89ab]${HEX}`

/** Escapes that are well-formed UTF-8 (RFC 3629 §4): the only ones that can be decoded. */
const DECODABLE = new RegExp(
  `(?:${[
    `%[0-7]${HEX}`,
    `%(?:c[2-9a-f]|d${HEX})${NEXT}`,
    `%e0%[ab]${HEX}${NEXT}`,
    `%ed%[89]${HEX}${NEXT}`,
    `%e[1-9a-cef]${NEXT}${NEXT}`,
    `%f0%[9ab]${HEX}${NEXT}${NEXT}`,
    `%f[1-3]${NEXT}${NEXT}${NEXT}`,
    `%f4%8${HEX}${NEXT}${NEXT}`,
  ].join('|')})+`,
  'gi',
)

/** Decodes once. Like routers, it keeps an escape that is not UTF-8. */
export function decodePercent(text: string): string {
  return text.replace(DECODABLE, decodeURIComponent)
}

/** The same, but reserved characters stay escaped, as with `decodeURI`. */
export function decodePercentUnreserved(text: string): string {
  return text.replace(DECODABLE, decodeURI)
}
