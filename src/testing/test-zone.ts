// A zone of the test issuer: its key set, the mandates that are signed with it, and its rotation.

import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWK, SignJWT } from 'jose'
import { flag } from '../lib/checks.ts'
import { readOptions } from '../lib/read-options.ts'
import { type MandateDepartures, mandateClaims, readDepartures } from './mandate-claims.ts'

/** A zone of a {@link TestIssuer}, with keys of its own. */
export interface TestZone {
  readonly zoneId: string
  /**
   * Mints a signed mandate of this zone.
   * @throws {TypeError} (rejects) naming every mistake, such as a claim that is not under `claims`
   */
  mint(departures?: MandateDepartures): Promise<string>
  /** The key set as it is currently served. */
  jwks(): Promise<JSONWebKeySet>
  /**
   * Changes to a new signing key. The previous key is still served, unless `retirePrevious` is `true`.
   * @throws {TypeError} (rejects) naming every mistake in the options
   */
  rotate(options?: { readonly retirePrevious?: boolean }): Promise<void>
}

interface ZoneKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK & { readonly kid: string }
}

export function createTestZone(issuer: string, zoneId: string, audience: string): TestZone {
  // Newest first. Created on first use, so that createTestIssuer is synchronous.
  let published: Promise<readonly ZoneKey[]> | undefined
  const keys = () => {
    published ??= newKey().then((key) => [key])
    return published
  }

  async function keyFor(which: MandateDepartures['key'] = 'current'): Promise<ZoneKey> {
    const [current, previous] = await keys()
    if (current === undefined) throw new Error('A zone always has a key.')
    if (which === 'current') return current
    const other = await newKey()
    if (which === 'forged') return { privateKey: other.privateKey, jwk: current.jwk }
    if (which === 'unknown') return other
    if (previous === undefined)
      throw new TypeError("key: 'previous' needs a rotate() without retirePrevious first")
    return previous
  }

  return {
    zoneId,
    async mint(given = {}) {
      const departures = readDepartures(given)
      const { privateKey, jwk } = await keyFor(departures.key)
      return new SignJWT(mandateClaims({ issuer, zoneId, audience }, departures))
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: jwk.kid })
        .sign(privateKey)
    },
    async jwks() {
      return { keys: (await keys()).map(({ jwk }) => ({ ...jwk })) }
    },
    async rotate(options = {}) {
      const mistakes: string[] = []
      const { retirePrevious = false } = readOptions(options, { retirePrevious: flag }, mistakes, 'rotate')
      if (mistakes.length > 0) throw new TypeError(mistakes.join('. '))
      const [current] = await keys()
      const next = await newKey()
      published = Promise.resolve(retirePrevious || current === undefined ? [next] : [next, current])
    },
  }
}

async function newKey(): Promise<ZoneKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk: { ...jwk, use: 'sig', alg: 'ES256', kid: crypto.randomUUID() } }
}
