// What a compact JWS says and who signed it, restated as simply as possible: base64url by its table, UTF-8 by re-encoding.

import { createPublicKey, verify } from 'node:crypto'

export type Members = Readonly<Record<string, unknown>>

export interface Parts {
  readonly header: Members
  readonly kid: string
  readonly payload: string
  readonly json: string
  /** `undefined` where the payload is not a JSON object. */
  readonly claims: Members | undefined
  readonly signed: string
  readonly signature: Buffer
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The parts of a token that could be a mandate; `undefined` for one that could not, whoever signed it. */
export function partsOf(token: string): Parts | undefined {
  if (token.length > 32_768) return undefined
  const segments = token.split('.')
  const [first = '', second = '', third = ''] = segments
  if (segments.length !== 3 || first.length > 2_048) return undefined
  const header = objectIn(bytesOf(first))
  const signature = bytesOf(third)
  if (header === undefined || !/^[\w-]+$/.test(second)) return undefined
  if (signature?.length !== 64 || signature.toString('base64url') !== third) return undefined
  if (header.alg !== 'ES256' || header.crit !== undefined || header.b64 !== undefined) return undefined
  if (header.typ !== undefined && !isType(header.typ)) return undefined
  if (typeof header.kid !== 'string' || header.kid === '') return undefined
  return {
    header,
    kid: header.kid,
    payload: second,
    json: String(bytesOf(second) ?? ''),
    claims: objectIn(bytesOf(second)),
    signed: `${first}.${second}`,
    signature,
  }
}

function isType(typ: unknown): boolean {
  const known = ['jwt', 'at+jwt', 'application/jwt', 'application/at+jwt']
  return typeof typ === 'string' && known.includes(typ.toLowerCase())
}

/** No padding, no other alphabet. Unused bits of the last character are ignored. */
export function bytesOf(text: string): Buffer | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes: number[] = []
  let [bits, count] = [0, 0]
  for (const character of text) {
    const value = ALPHABET.indexOf(character)
    if (value < 0) return undefined
    bits = (bits << 6) | value
    count += 6
    if (count < 8) continue
    count -= 8
    bytes.push(bits >> count)
    bits &= (1 << count) - 1
  }
  return Buffer.from(bytes)
}

/** The JSON object in UTF-8, or `undefined` for anything else. */
export function objectIn(bytes: Buffer | undefined): Members | undefined {
  if (bytes === undefined) return undefined
  const text = bytes.toString('utf8')
  if (!Buffer.from(text, 'utf8').equals(bytes)) return undefined
  try {
    return asObject(JSON.parse(text))
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : undefined
}

export function isSignedBy(jwk: Members, { signed, signature }: Parts): boolean {
  const point = { kty: 'EC', crv: 'P-256', x: String(jwk.x), y: String(jwk.y) }
  const key = createPublicKey({ key: point, format: 'jwk' })
  return verify('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }, signature)
}
