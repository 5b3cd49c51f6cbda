// The zone that a payload claims, read before the signature is verified, and without parsing the whole payload.

import { base64url } from 'jose'

const NAME = new TextEncoder().encode('"zone_id"')
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
/** Blank, tab, line feed and carriage return (RFC 8259 §2). */
const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

/**
 * The payload's top-level `zone_id`, the last one if it has several, as `JSON.parse` would give it. It only picks one
 * of the configured key sets: the caller must compare it with the verified zone in the end.
 *
 * @param longestZoneId of the configured ones, in characters
 *
 * The payload may be anybody's. It is walked through once, byte by byte; to parse one that is nested deeply would cost
 * ten times as much. A name with escapes in it is not recognized: no STS writes `zone_id` with any.
 */
export function claimedZone(encodedPayload: string, longestZoneId: number): string | undefined {
  try {
    const json = base64url.decode(encodedPayload)
    const value = zoneIn(json)
    // Six bytes for each character at most, in two quotes. What is longer names none of the zones.
    if (value !== undefined && value.length > 6 * longestZoneId + 2) return undefined
    const zoneId: unknown = value && JSON.parse(UTF8.decode(value))
    return typeof zoneId === 'string' ? zoneId : undefined
  } catch {
    return undefined
  }
}

/** The text that is the member's value, in its quotes, or `undefined` where it has none or another value. */
function zoneIn(json: Uint8Array): Uint8Array | undefined {
  // Where the last one begins.
  let value = -1
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const byte = json[at]
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth--
    else if (byte === QUOTE) {
      const end = endOfText(json, at)
      if (depth === 1 && isName(json, at, end)) {
        const colon = pastBlanks(json, end)
        const start = pastBlanks(json, colon + 1)
        if (json[colon] === COLON) value = json[start] === QUOTE ? start : -1
      }
      at = end - 1
    }
  }
  return value === -1 ? undefined : json.subarray(value, endOfText(json, value))
}

/** Where the text that begins here has ended, past its last quote. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at + 1
}

/** Without a function for each byte: a payload may consist of nothing but this name. */
function isName(json: Uint8Array, start: number, end: number): boolean {
  if (end - start !== NAME.length) return false
  for (let index = 0; index < NAME.length; index++) if (json[start + index] !== NAME[index]) return false
  return true
}

function pastBlanks(json: Uint8Array, start: number): number {
  let at = start
  while (isBlank(json[at])) at++
  return at
}
