// Makes a token that differs in one thing at most from what the STS would issue.

import fc from 'fast-check'
import { jsonText, nearly } from './json-values.ts'
import { type Key, KID, SIGNERS } from './keys.ts'
import type { Claims } from './mandates.ts'
import { FORMS } from './model-claims.ts'

const SEGMENTS = ['header', 'payload', 'signature'] as const
type Segment = (typeof SEGMENTS)[number]

/** What is different about a token. */
export type Change =
  | { readonly at: 'nothing' }
  /** A member of the header or the payload: other JSON, twice, or, without any JSON, left out. */
  | {
      readonly at: 'claim' | 'header member'
      readonly name: string
      readonly json?: string
      readonly twice?: 'before' | 'after'
    }
  /** The whole of what is signed as header or payload. */
  | { readonly at: 'header' | 'payload'; readonly bytes: Uint8Array }
  | { readonly at: 'signature'; readonly by: string }
  /** A bit of a segment's bytes after they were signed. */
  | { readonly at: 'bit'; readonly segment: Segment; readonly bit: number }
  /** The spelling of a segment, before or after it was signed. */
  | {
      readonly at: 'encoding'
      readonly segment: Segment
      readonly spelling: string
      readonly signed: boolean
    }
  /** The characters of the token: so many are taken out, others put in. */
  | { readonly at: 'text'; readonly place: number; readonly out: number; readonly put: string }

const ENCODINGS: Readonly<Record<string, (text: string, bytes: Buffer) => string>> = {
  padded: (text) => text + '='.repeat((4 - (text.length % 4)) % 4 || 4),
  'standard base64': (_, bytes) => bytes.toString('base64'),
  hexadecimal: (_, bytes) => bytes.toString('hex'),
  'unused bits set': (text) => text.slice(0, -1) + nextCharacter(text.slice(-1)),
  'a character more': (text) => `${text}A`,
  'a character less': (text) => text.slice(0, -1),
  'white space in front': (text) => ` ${text}`,
  'white space behind': (text) => `${text}\n`,
  'a blank within': (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
  'a line break within': (text) => `${text.slice(0, 4)}\r\n${text.slice(4)}`,
  'other digits': (text) => text.replace(/\d/, '\uff11'),
  'percent-encoded': (text) => `%${text.charCodeAt(0).toString(16)}${text.slice(1)}`,
  empty: () => '',
}

function nextCharacter(character: string): string {
  return /[a-yA-Y0-8]/.test(character) ? String.fromCharCode(character.charCodeAt(0) + 1) : '-'
}

/** A token of these claims by this key, changed. */
export function forge(claims: Claims, key: Key, change: Change): string {
  const header = bytesFor('header', { alg: 'ES256', typ: 'JWT', kid: key.jwk.kid }, change)
  const payload = bytesFor('payload', claims, change)
  const signed = (segment: Segment, bytes: Buffer) => spelt(segment, bytes, change, true)
  const input = `${signed('header', header)}.${signed('payload', payload)}`
  const by = change.at === 'signature' ? change.by : 'es256'
  const signature = SIGNERS[by]?.(input, key) ?? Buffer.alloc(0)
  if (change.at === 'header' || change.at === 'payload' || isSigned(change)) {
    return `${input}.${signature.toString('base64url')}`
  }
  const sent = (segment: Segment, bytes: Buffer) =>
    spelt(segment, flipped(segment, bytes, change), change, false)
  const token = [sent('header', header), sent('payload', payload), sent('signature', signature)].join('.')
  if (change.at !== 'text') return token
  const place = change.place % (token.length + 1)
  return token.slice(0, place) + change.put + token.slice(place + change.out)
}

function isSigned(change: Change): boolean {
  return change.at === 'encoding' && change.signed
}

/** JSON with every member as it is told, in their order. */
function bytesFor(part: 'header' | 'payload', members: Claims, change: Change): Buffer {
  if (change.at === part) return Buffer.from(change.bytes)
  const pairs = Object.entries(members).flatMap(([name, value]) => {
    const json = JSON.stringify(value)
    return json === undefined ? [] : [[name, json] as const]
  })
  if (change.at !== (part === 'header' ? 'header member' : 'claim')) return Buffer.from(textOf(pairs))
  const added = change.json === undefined ? [] : [[change.name, change.json] as const]
  const kept = change.twice === undefined ? pairs.filter(([name]) => name !== change.name) : pairs
  return Buffer.from(textOf(change.twice === 'before' ? [...added, ...kept] : [...kept, ...added]))
}

function textOf(pairs: readonly (readonly [string, string])[]): string {
  return `{${pairs.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`
}

function flipped(segment: Segment, bytes: Buffer, change: Change): Buffer {
  if (change.at !== 'bit' || change.segment !== segment) return bytes
  const other = Buffer.from(bytes)
  const bit = change.bit % (bytes.length * 8)
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return other
}

function spelt(segment: Segment, bytes: Buffer, change: Change, signed: boolean): string {
  const text = bytes.toString('base64url')
  if (change.at !== 'encoding' || change.segment !== segment || change.signed !== signed) return text
  return ENCODINGS[change.spelling]?.(text, bytes) ?? text
}

const HEADER_JSON: Readonly<Record<string, readonly string[]>> = {
  alg: [
    'none',
    'None',
    'HS256',
    'ES384',
    'ES512',
    'RS256',
    'PS256',
    'EdDSA',
    'es256',
    'ES256K',
    'ES256 ',
    '',
  ],
  typ: ['jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'JOSE', 'dpop+jwt', 'at+jwt ', 'text/jwt'],
  kid: [
    '',
    'unknown',
    `${KID} `,
    KID.toUpperCase(),
    `${KID}\0`,
    '../../kid',
    'x'.repeat(1500),
    'x'.repeat(3000),
  ],
  crit: [],
  b64: [],
  cty: ['JWT'],
  jwk: ['x'],
  jku: ['https://evil.test/jwks.json'],
  x5u: ['https://evil.test/x'],
  x5c: [],
  zip: ['DEF'],
  enc: ['A128GCM'],
}

const headerMember = fc.constantFrom(...Object.keys(HEADER_JSON)).chain((name) => {
  const texts = (HEADER_JSON[name] ?? []).map((text) => JSON.stringify(text))
  const own = ['true', 'false', '["b64"]', '["exp"]', `{"kty":"EC","crv":"P-256"}`, ...texts, ...texts]
  return fc.tuple(fc.constant(name), fc.oneof(fc.constantFrom(...own), jsonText))
})
const twice = fc.constantFrom('before', 'after', undefined, undefined)
const raw = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .oneof(jsonText, fc.constantFrom('', '{', '{}', '\ufeff{}', '[{}]', '{"alg":"ES256"}', '{}{}', "{'a':1}"))
    .map((text) => new Uint8Array(Buffer.from(text))),
)

/** Those that can be counted. */
export const COUNTABLE: readonly Change[] = [
  ...Object.keys(SIGNERS).map((by) => ({ at: 'signature', by }) as const),
  ...Object.keys(ENCODINGS).flatMap((spelling) =>
    SEGMENTS.flatMap((segment) =>
      [true, false].map((signed) => ({ at: 'encoding', segment, spelling, signed }) as const),
    ),
  ),
]

/** One change of any kind to a token of these claims. */
export function changeTo(claims: Claims): fc.Arbitrary<Change> {
  const name = fc.constantFrom(...Object.keys(FORMS))
  const value = (name: string) =>
    claims[name] === undefined ? jsonText : fc.oneof(jsonText, nearly(claims[name]))
  const segment = fc.constantFrom(...SEGMENTS)
  return fc.oneof(
    fc.constant<Change>({ at: 'nothing' }),
    {
      arbitrary: name.chain((name) =>
        fc.record({ at: fc.constant('claim'), name: fc.constant(name), json: value(name), twice }),
      ),
      weight: 3,
    },
    name.map((name) => ({ at: 'claim', name })),
    fc
      .tuple(headerMember, twice)
      .map(([[name, json], twice]) => ({ at: 'header member', name, json, twice })),
    fc.constantFrom('alg', 'typ', 'kid').map((name) => ({ at: 'header member', name })),
    fc.record({ at: fc.constantFrom('header', 'payload'), bytes: raw }),
    fc.constantFrom(...Object.keys(SIGNERS)).map((by) => ({ at: 'signature', by })),
    fc.record({ at: fc.constant('bit'), segment, bit: fc.nat() }),
    fc.record({
      at: fc.constant('encoding'),
      segment,
      spelling: fc.constantFrom(...Object.keys(ENCODINGS)),
      signed: fc.boolean(),
    }),
    fc.record({
      at: fc.constant('text'),
      place: fc.nat(2_000),
      out: fc.nat(2),
      put: fc.oneof(fc.constantFrom('', '', '.', '..', '=', ' ', ',', '\n'), fc.string({ maxLength: 2 })),
    }),
  ) as fc.Arbitrary<Change>
}
