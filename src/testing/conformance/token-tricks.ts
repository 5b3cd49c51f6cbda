// Changes to a signed token: every word that `sig` of a case can have.

import { type Bytes, base64, decode, encode, textOf, utf8 } from './bytes.ts'
import type { Members } from './case.ts'
import { ecdsaTricks } from './ecdsa-tricks.ts'

export interface Parts {
  /** Both as they are in the token. */
  readonly header: string
  readonly payload: string
  readonly signature: Bytes
  /** Signs again with the key of the case. */
  sign(input: string): Promise<Bytes>
  /** The key that is published. */
  readonly publicJwk: Members
}

type Trick = (parts: Parts) => string | Promise<string>

const encodeJson = (value: unknown) => encode(JSON.stringify(value))
const whole = ({ header, payload, signature }: Parts) => `${header}.${payload}.${encode(signature)}`

/** Puts a text into the middle of a segment. */
const into = (segment: string, text: string) => {
  const middle = Math.floor(segment.length / 2)
  return segment.slice(0, middle) + text + segment.slice(middle)
}

/** The padding that base64 would have; one character more if it would have none. */
const padded = (segment: string) => segment + '='.repeat((4 - (segment.length % 4)) % 4 || 1)

const onSignature =
  (change: (segment: string) => string): Trick =>
  (parts) =>
    `${parts.header}.${parts.payload}.${change(encode(parts.signature))}`

const onHeader =
  (change: (segment: string) => string): Trick =>
  (parts) =>
    whole({ ...parts, header: change(parts.header) })

const onPayload =
  (change: (segment: string) => string): Trick =>
  (parts) =>
    whole({ ...parts, payload: change(parts.payload) })

/** The same change, with a signature that covers the changed text. */
const signedSo =
  (trick: Trick): Trick =>
  async (parts) => {
    const changed = await trick(parts)
    const input = changed.slice(0, changed.lastIndexOf('.'))
    return `${input}.${encode(await parts.sign(input))}`
  }

const TRICKS: Readonly<Record<string, Trick>> = {
  empty: onSignature(() => ''),
  'two-segments': ({ header, payload }) => `${header}.${payload}`,
  'one-segment': ({ payload }) => payload,
  'no-header': onHeader(() => ''),
  'no-payload': onPayload(() => ''),

  slack: onSignature(withSlackBits),
  pad: onSignature(padded),
  'pad-header': onHeader(padded),
  'pad-payload': onPayload(padded),
  space: onSignature((segment) => into(segment, ' ')),
  tab: onSignature((segment) => into(segment, '\t')),
  'space-header': onHeader((segment) => into(segment, ' ')),
  'space-payload': onPayload((segment) => into(segment, ' ')),
  stdb64: inStandardAlphabet,
  badchar: onSignature((segment) => into(segment, '?')),
  'badchar-percent': onSignature((segment) => into(segment, '%')),
  'badchar-latin1': onSignature((segment) => into(segment, 'é')),
  'badchar-header': onHeader((segment) => into(segment, '#')),
  'badchar-payload': onPayload((segment) => into(segment, '#')),

  'swap-header': onHeader(() => encodeJson({ alg: 'ES256', kid: 'kid-1', typ: 'at+jwt' })),
  'swap-payload': onPayload(withMoreAuthority),
  extra: (parts) => `${whole(parts)}.AAAA`,
  'extra-two': (parts) => `${whole(parts)}.AAAA.AAAA`,
  'trailing-dot': (parts) => `${whole(parts)}.`,

  'jwe-shape': () => `${encodeJson({ alg: 'dir', enc: 'A128GCM', kid: 'kid-1' })}..AAAA.AAAA.AAAA`,
  'json-serialization': ({ header, payload, signature }) =>
    JSON.stringify({ payload, protected: header, signature: encode(signature) }),
  'json-general': ({ header, payload, signature }) =>
    JSON.stringify({ payload, signatures: [{ protected: header, signature: encode(signature) }] }),
  garbage: () => 'garbage',
  abc: () => 'a.b.c',
  big: onPayload(() => 'A'.repeat(200_000)),
  dots: () => '.'.repeat(1_000_000),
}

/** Applies the change of this word. `<word>/signed` signs the text after the change. */
export async function tamper(word: string, parts: Parts): Promise<string> {
  if (word.endsWith('/signed')) return signedSo(trickNamed(word.slice(0, -'/signed'.length)))(parts)
  return trickNamed(word)(parts)
}

function trickNamed(word: string): Trick {
  if (word.startsWith('hmac-')) return hmacWith(word.slice('hmac-'.length))
  const trick = TRICKS[word]
  if (trick !== undefined) return trick
  const change = ecdsaTricks[word]
  if (change === undefined) throw new Error(`There is no trick ${word}`)
  return (parts) => whole({ ...parts, signature: change(parts.signature) })
}

/** Sets the unused bits of the last character. */
function withSlackBits(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return segment.slice(0, -1) + alphabet.charAt(alphabet.indexOf(segment.slice(-1)) + 1)
}

/**
 * Signs until the two alphabets differ for this signature. Some runtimes have only one signature for a text: a claim that
 * means nothing makes it another text.
 */
async function inStandardAlphabet({ header, payload, sign }: Parts): Promise<string> {
  const claims = claimsIn(payload)
  for (let tries = 0; ; tries++) {
    const input = `${header}.${tries === 0 ? payload : encodeJson({ ...claims, tries })}`
    const segment = encode(await sign(input))
    if (/[-_]/.test(segment)) return `${input}.${segment.replaceAll('-', '+').replaceAll('_', '/')}`
  }
}

function claimsIn(segment: string): object {
  return JSON.parse(textOf(decode(segment))) as object
}

/** Another payload of the same issuer, with more rights. */
function withMoreAuthority(segment: string): string {
  const claims = claimsIn(segment)
  return encodeJson({ ...claims, sub: 'user-2', jti: 'jti-2', scope: 'read write admin' })
}

/** The public key, used as a shared secret. */
function hmacWith(form: string): Trick {
  return async ({ header, payload, publicJwk }) => {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' }
    const secret = await secretFrom(form, publicJwk)
    const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['sign'])
    const mac = await crypto.subtle.sign('HMAC', key, utf8(`${header}.${payload}`))
    return `${header}.${payload}.${encode(new Uint8Array(mac))}`
  }
}

async function secretFrom(form: string, publicJwk: Members): Promise<Bytes> {
  const { crv, x, y } = publicJwk
  if (/jwk/.test(form)) return utf8(JSON.stringify(publicJwk))
  if (/raw|^x$|-x$/.test(form)) return decode(String(x))
  // HMAC fills a key up with zeros: this is the same as none, which not every runtime imports.
  if (/empty|none|nothing/.test(form)) return new Uint8Array(64)
  const jwk = { kty: 'EC', crv: String(crv), x: String(x), y: String(y) }
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: jwk.crv }, true, [
    'verify',
  ])
  const der = new Uint8Array(await crypto.subtle.exportKey('spki', key))
  if (/trim/.test(form)) return utf8(pemOf(der).trim())
  if (/pem/.test(form)) return utf8(pemOf(der))
  if (/der|spki/.test(form)) return der
  throw new Error(`There is no form ${form} of the key`)
}

function pemOf(der: Bytes): string {
  const lines = base64(der).match(/.{1,64}/g) ?? []
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`
}
