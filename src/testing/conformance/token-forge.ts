// Creates the token of a case: header, payload, signer, and later changes.

import { type Bytes, encode, joined, utf8 } from './bytes.ts'
import type { Gen, Members, RawPayload } from './case.ts'
import { fillText, layOver, type PlaceholderValues } from './placeholders.ts'
import { keyNamed } from './test-keys.ts'
import { tamper } from './token-tricks.ts'

export interface Forged {
  readonly token: string
  /** The same header and payload, signed and unchanged. */
  readonly genuine: string
  readonly claims: Members
}

export async function forge(gen: Gen, values: PlaceholderValues): Promise<Forged> {
  const key = keyNamed(values.keys, gen.key ?? 'K1')
  const claims = claimsOf(gen, values)
  const header = encode(headerText(gen, values))
  const payload = encode(payloadBytes(JSON.stringify(claims), gen.rawPayload, values))
  const sign = (input: string) => key.sign(input, gen.hash ?? undefined)
  const signature = await sign(`${header}.${payload}`)
  const genuine = `${header}.${payload}.${encode(signature)}`
  if (gen.sig === undefined || gen.sig === null) return { token: genuine, genuine, claims }
  const publicJwk = values.keys.K1.publicJwk
  const token = await tamper(gen.sig, { header, payload, signature, sign, publicJwk })
  return { token, genuine, claims }
}

function claimsOf(gen: Gen, values: PlaceholderValues): Members {
  const { now, issuer } = values
  const base = {
    iss: issuer,
    aud: ['resource://api'],
    sub: 'user-1',
    zone_id: 'zone-1',
    client_id: 'app-1',
    sid: 'sid-1',
    root_sid: 'root-1',
    use: 'resource',
    sub_type: 'user',
    jti: 'jti-1',
    scope: 'read write',
    target: ['resource://api'],
    iat: now,
    exp: now + 300,
  }
  const left = new Set(gen.delete ?? [])
  const kept = Object.entries(layOver(base, gen.claims, values)).filter(([name]) => !left.has(name))
  return Object.fromEntries(kept)
}

function headerText({ rawHeader, header }: Gen, values: PlaceholderValues): string {
  if (typeof rawHeader === 'string') return fillText(rawHeader, values)
  if (rawHeader !== undefined && rawHeader !== null)
    return '['.repeat(rawHeader.deep) + ']'.repeat(rawHeader.deep)
  return JSON.stringify(layOver({ alg: 'ES256', kid: 'kid-1', typ: 'JWT' }, header, values))
}

function payloadBytes(json: string, raw: RawPayload | null | undefined, values: PlaceholderValues): Bytes {
  if (raw === undefined || raw === null) return utf8(json)
  const say = (text: string | undefined) => fillText(text ?? '', values)
  let text = raw.text === undefined ? json : say(raw.text)
  if (raw.sub !== undefined) text = text.replace(new RegExp(raw.sub[0]), say(raw.sub[1]))
  text = say(raw.prepend) + text + say(raw.append)
  return raw.badutf8 ? withBrokenUtf8(text, raw.badutf8) : utf8(text)
}

/** Two bytes that are not UTF-8, inside a string value: of the named claim, or of `sub`. */
function withBrokenUtf8(text: string, claim: unknown): Bytes {
  const start = `"${typeof claim === 'string' ? claim : 'sub'}":"`
  const found = text.indexOf(start)
  const at = found < 0 ? Math.floor(text.length / 2) : found + start.length
  return joined(utf8(text.slice(0, at)), Uint8Array.of(0xc3, 0x28), utf8(text.slice(at)))
}
