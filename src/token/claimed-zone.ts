// Reads the zone in a payload that is not verified yet, without parsing the rest of it.

import { base64url } from 'jose'
import { UTF8 } from './claims.ts'

const NAME = new TextEncoder().encode('"zone_id"')

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
/** Space, tab, line feed and carriage return (RFC 8259 §2). */
const isBlank = (byte: number | undefined) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

/**
 * The payload's top-level `zone_id`, the last one if it has several, as with `JSON.parse`. It only selects one of the
 * configured key sets. The caller must compare it with the zone in the verified payload.
 *
 * Reads every payload once, byte by byte. Parsing a deeply nested one would take ten times as long. A name with escapes
 * is not recognized: no STS writes `zone_id` with escapes.
 * @param longestZoneId the length of the longest configured zone id, in characters
 */
export function claimedZone(encodedPayload: string, longestZoneId: number): string | undefined {
  try {
    const json = base64url.decode(encodedPayload)
    const value = zoneIn(json)
    // A character takes at most six bytes. A longer value is not one of the configured zones.
    if (value !== undefined && value.length > 6 * longestZoneId + 2) return undefined
    const zoneId: unknown = value && JSON.parse(UTF8.decode(value))
    return typeof zoneId === 'string' ? zoneId : undefined
  } catch {
    return undefined
  }
}

/** The member's value with its quotes, or `undefined` if it is missing or not a string. */
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

/** The index after the closing quote of the string that starts here. */
function endOfText(json: Uint8Array, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at + 1
}

/** A loop, because it is faster than a callback for each byte: a payload may consist of this name only. */
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
