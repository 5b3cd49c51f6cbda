// Token text → Mandate: shape, header, key, ES256 signature. The only place that verifies with jose.

import { base64url, compactVerify, decodeProtectedHeader, errors } from 'jose'
import type { InvalidTokenReason } from '../decision/decision.ts'
import type { Measured } from '../decision/measurements.ts'
import { keySetOf } from '../keys/isolate-key-sets.ts'
import type { FoundKey } from '../keys/key-document.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { KeySetting } from '../keys/key-setting.ts'
import type { SignedToken } from '../keys/signed-tokens.ts'
import type { NonEmptyList } from '../lib/checks.ts'
import { MAX_JOSE_HEADER_LENGTH, MAX_TOKEN_LENGTH } from '../lib/limits.ts'
import { bare, ownMember } from '../lib/own-member.ts'
import { failure, type Result, success } from '../lib/result.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import type { VerifiedClaims } from '../mandate.ts'
import { claimedZone } from './claimed-zone.ts'
import { parseClaims } from './claims.ts'
import { isNoMandate } from './unsigned-claims.ts'

/** The mandate in a token that its zone has signed, or why the token is refused. */
export type Verification = Result<VerifiedClaims, InvalidTokenReason>

/**
 * Three base64url segments. The last one has exactly 64 bytes, and its unused bits are zero. jose alone would also
 * accept padding, white space and other encodings of the same signature.
 */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]{85}[AQgw]$/

/** The type of RFC 9068, and the one that the STS writes. Media types are case-insensitive (RFC 7515 §4.1.9). */
const TYPE = /^(application\/)?(at\+)?jwt$/i

/**
 * Verifies that tokens are signed by one issuer, for one of its zones, and parses them. Whether a mandate is valid for
 * a request (audience, time, use, scopes, revocation, …) is checked elsewhere.
 */
export class SignatureVerifier {
  readonly #firstZone: KeySet
  readonly #otherZones: ReadonlyMap<string, KeySet>
  readonly #longestZoneId: number
  readonly #maxEntries: number
  /** The header, with its dot, of the last token whose signature was good: most tokens of a zone have the same. */
  #signedHeader: { readonly text: string; readonly kid: string } | undefined
  /** What was read in tokens that are known to be signed. It goes with them. */
  readonly #mandates = new WeakMap<SignedToken, Verification>()

  /** @param maxEntries how many verified signatures to keep. 0: keep none, and use none that others have verified. */
  constructor(issuer: string, zoneIds: NonEmptyList<string>, setting: KeySetting, maxEntries: number) {
    const [first, ...others] = zoneIds
    this.#firstZone = keySetOf(issuer, first, setting)
    this.#otherZones = new Map(others.map((zoneId) => [zoneId, keySetOf(issuer, zoneId, setting)]))
    this.#longestZoneId = Math.max(...zoneIds.map(({ length }) => length))
    this.#maxEntries = maxEntries
  }

  /**
   * Synchronous for a token whose signature is cached, which is the usual case.
   * @throws {KeySetUnavailableError} (rejects) if the keys cannot be fetched
   */
  verify(token: string, nowMs: number, measured?: Measured): Awaitable<Verification> {
    if (token.length > MAX_TOKEN_LENGTH) return failure('malformed')
    const keySet = this.#keySetNamedIn(token)
    const signed = this.#maxEntries > 0 ? keySet.fresh(nowMs)?.signed.get(token, nowMs) : undefined
    if (signed === undefined) return this.#verify(token, keySet, nowMs, measured)
    keySet.refreshAhead(nowMs)
    const verification = this.#mandateIn(signed, keySet)
    if (verification.ok) measured?.verified(this.#keyId(token), true)
    return verification
  }

  async load(): Promise<void> {
    await Promise.all([this.#firstZone, ...this.#otherZones.values()].map((keySet) => keySet.load()))
  }

  async #verify(token: string, keySet: KeySet, nowMs: number, measured: Measured): Promise<Verification> {
    if (!COMPACT_JWS.test(token)) return failure('malformed')
    const kid = this.#keyId(token)
    if (kid === undefined) return failure('malformed')
    const looking = keySet.fresh(nowMs)?.find(kid)
    const atHand = isThenable(looking) ? await looking : looking
    // What is refused for its claims alone needs no keys: nothing is fetched for it, and it waits for no outage to end.
    if (!atHand?.ok && isNoMandate(payloadIn(token))) return failure('invalid_claims')
    if (!atHand?.ok) measured?.begin('keysMs')
    const found = atHand?.ok ? atHand.value : await keySet.find(kid)
    measured?.end()
    if (found === undefined) return failure('unknown_key')
    let verification = await this.#verifyWith(found, token, keySet, nowMs, measured)
    if (verification !== undefined) this.#signedHeader = { text: headerIn(token), kid }
    else {
      // The key may have been replaced by another one with the same id.
      measured?.begin('keysMs')
      const renewed = await keySet.renewed(kid, found, nowMs)
      measured?.end()
      verification = renewed && (await this.#verifyWith(renewed, token, keySet, nowMs, measured))
    }
    if (verification?.ok) measured?.verified(kid, false)
    return verification ?? failure('bad_signature')
  }

  #keyId(token: string): string | undefined {
    const known = this.#signedHeader
    return known !== undefined && token.startsWith(known.text) ? known.kid : keyId(token)
  }

  /** `undefined` if the key has not signed the token. */
  async #verifyWith(
    { key, document }: FoundKey,
    token: string,
    keySet: KeySet,
    nowMs: number,
    measured: Measured,
  ): Promise<Verification | undefined> {
    measured?.begin('signatureMs')
    const payload = await verifiedPayload(token, key)
    measured?.end()
    if (payload === undefined) return undefined
    keySet.refreshAhead(nowMs)
    const verification = this.#read(payload, keySet)
    if (verification.ok && this.#maxEntries > 0) {
      document.signed.add(token, verification.value.expiresAt, this.#maxEntries, nowMs)
    }
    return verification
  }

  #mandateIn(signed: SignedToken, keySet: KeySet): Verification {
    const known = this.#mandates.get(signed)
    if (known !== undefined) return known
    const verification = this.#read(base64url.decode(payloadIn(signed.text)), keySet)
    this.#mandates.set(signed, verification)
    return verification
  }

  /** Reads a payload whose signature is good. */
  #read(payload: Uint8Array, keySet: KeySet): Verification {
    const mandate = parseClaims(payload)
    if (mandate === undefined) return failure('invalid_claims')
    // The key set was selected by an unverified claim. The verified claim must select the same one.
    return this.#keySetFor(mandate.zoneId) === keySet ? success(mandate) : failure('unknown_key')
  }

  #keySetNamedIn(token: string): KeySet {
    if (this.#otherZones.size === 0 || !COMPACT_JWS.test(token)) return this.#firstZone
    return this.#keySetFor(claimedZone(payloadIn(token), this.#longestZoneId))
  }

  /**
   * The key set of a configured zone. For any other zone, the first zone's keys are used: the token is then refused for
   * its signature or, later, for its zone.
   */
  #keySetFor(zoneId: string | undefined): KeySet {
    return (zoneId !== undefined && this.#otherZones.get(zoneId)) || this.#firstZone
  }
}

/** With the dot behind it. */
function headerIn(token: string): string {
  return token.slice(0, token.indexOf('.') + 1)
}

function payloadIn(token: string): string {
  return token.slice(token.indexOf('.') + 1, token.lastIndexOf('.'))
}

/** The id of the signing key, or `undefined` for a header that no mandate has. */
function keyId(token: string): string | undefined {
  if (token.indexOf('.') > MAX_JOSE_HEADER_LENGTH) return undefined
  try {
    const header = decodeProtectedHeader(token)
    const [alg, typ, kid] = [ownMember(header, 'alg'), ownMember(header, 'typ'), ownMember(header, 'kid')]
    const isOurs = alg === 'ES256' && (typ === undefined || (typeof typ === 'string' && TYPE.test(typ)))
    // Critical extensions (crit) and unencoded payloads (b64) change the meaning of a signature. A mandate has neither.
    const isPlain = !Object.hasOwn(header, 'crit') && !Object.hasOwn(header, 'b64')
    return isOurs && isPlain && typeof kid === 'string' && kid !== '' ? kid : undefined
  } catch {
    return undefined
  }
}

const ES256_ONLY = bare({ algorithms: ['ES256'] })

/** `undefined` if the key has not signed the token. */
function verifiedPayload(token: string, key: CryptoKey): Promise<Uint8Array | undefined> {
  return compactVerify(token, key, ES256_ONLY).then(
    ({ payload }) => payload,
    (error: unknown) => {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    },
  )
}
