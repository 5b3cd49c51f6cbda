// Bytes and their texts, in every runtime.

import { base64url } from 'jose'

export type Bytes = Uint8Array<ArrayBuffer>

export const utf8 = (text: string): Bytes => Uint8Array.from(new TextEncoder().encode(text))
export const encode = (data: string | Uint8Array): string => base64url.encode(data)
export const decode = (text: string): Bytes => Uint8Array.from(base64url.decode(text))
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

/** Base64 with padding, as in PEM and in the answers of Upstash. */
export const base64 = (bytes: Uint8Array): string =>
  btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))

export function joined(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
