// An STS for tests: mints mandates like the real one, serves their keys and revokes them. Needs no network.

import { decodeJwt, exportJWK, generateKeyPair, type JSONWebKeySet, type JWK, SignJWT } from 'jose'
import { CaracalConfigError } from '../decision/errors.ts'
import type { CaracalOptions } from '../guard/options.ts'
import { flag, identifier } from '../lib/checks.ts'
import { readOptions } from '../lib/read-options.ts'
import { serviceUrl } from '../lib/urls.ts'
import { InMemoryRevocationStore } from '../revocation/in-memory-store.ts'
import { type MandateDepartures, mandateClaims, readDepartures } from './mandate-claims.ts'

/** The options of {@link createTestIssuer}. */
export interface TestIssuerOptions {
  /** Default: `https://sts.test`. */
  readonly issuer?: string
  /** Default: `zone-1`. */
  readonly zoneId?: string
  /** The default audience of mandates. Default: `resource://api`. */
  readonly audience?: string
}

/** See {@link createTestIssuer}. */
export interface TestIssuer {
  readonly issuer: string
  readonly zoneId: string
  readonly audience: string
  /** The store that `revoke` writes to. */
  readonly revocations: InMemoryRevocationStore
  /** The options of a guard that trusts this issuer. Spread them and add your own. */
  readonly options: Required<
    Pick<CaracalOptions, 'issuer' | 'expectedZoneId' | 'audience' | 'revocations' | 'keySet'>
  >
  /**
   * Mints a signed mandate.
   * @throws {TypeError} (rejects) naming every mistake, such as a claim that is not under `claims`
   */
  mint(departures?: MandateDepartures): Promise<string>
  /** The key set as it is currently served. */
  jwks(): Promise<JSONWebKeySet>
  /** A fetch handler that serves the key set at the same path as the STS: `/.well-known/jwks.json?zone_id=…`. */
  handler(request: Request): Promise<Response>
  /** Changes to a new signing key. The previous key is still served, unless `retirePrevious` is `true`. */
  rotate(options?: { readonly retirePrevious?: boolean }): Promise<void>
  /** Revokes the session (`sid`) of a mandate in `revocations`. */
  revoke(mandate: string): Promise<void>
}

interface IssuerKey {
  readonly privateKey: CryptoKey
  readonly jwk: JWK & { readonly kid: string }
}

const OPTIONS = { issuer: serviceUrl, zoneId: identifier, audience: identifier } as const

/**
 * An STS in memory, for the tests of a guarded handler.
 *
 * @throws {CaracalConfigError} naming every mistake in the options
 * @example
 * ```ts
 * const issuer = createTestIssuer()
 * const guarded = withCaracal(handler, { ...issuer.options, requiredScopes: ['read'] })
 * const authorization = `Bearer ${await issuer.mint({ scopes: ['read'] })}`
 * const response = await guarded(new Request('https://api.test/', { headers: { authorization } }))
 * ```
 */
export function createTestIssuer(...given: readonly [options?: TestIssuerOptions]): TestIssuer {
  const issues: string[] = []
  const options = readOptions(given.length === 0 ? {} : given[0], OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  const { issuer = 'https://sts.test', zoneId = 'zone-1', audience = 'resource://api' } = options
  const revocations = new InMemoryRevocationStore()
  // Newest first. Created on first use, so that createTestIssuer is synchronous.
  let published: Promise<readonly IssuerKey[]> | undefined
  const keys = () => {
    published ??= newKey().then((key) => [key])
    return published
  }

  async function keyFor(which: MandateDepartures['key'] = 'current'): Promise<IssuerKey> {
    const [current, previous] = await keys()
    if (current === undefined) throw new Error('An issuer always has a key.')
    if (which === 'current') return current
    const other = await newKey()
    if (which === 'forged') return { privateKey: other.privateKey, jwk: current.jwk }
    if (which === 'unknown') return other
    if (previous === undefined)
      throw new TypeError("key: 'previous' needs a rotate() without retirePrevious first")
    return previous
  }

  async function mint(given: MandateDepartures = {}): Promise<string> {
    const departures = readDepartures(given)
    const { privateKey, jwk } = await keyFor(departures.key)
    return new SignJWT(mandateClaims({ issuer, zoneId, audience }, departures))
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: jwk.kid })
      .sign(privateKey)
  }

  async function jwks(): Promise<JSONWebKeySet> {
    return { keys: (await keys()).map(({ jwk }) => ({ ...jwk })) }
  }

  async function handler(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const asked = searchParams.get('zone_id')
    if (request.method !== 'GET' || !pathname.endsWith('/.well-known/jwks.json')) {
      return new Response('Not found', { status: 404 })
    }
    if (!asked) return new Response('zone_id is required', { status: 400 })
    if (asked !== zoneId) return new Response('Unknown zone', { status: 404 })
    return Response.json(await jwks(), {
      headers: { 'Cache-Control': 'public, max-age=300, must-revalidate' },
    })
  }

  return {
    issuer,
    zoneId,
    audience,
    revocations,
    options: {
      issuer,
      expectedZoneId: zoneId,
      audience,
      revocations,
      keySet: { fetch: async (url, init) => handler(new Request(url, init)) },
    },
    mint,
    jwks,
    handler,
    async rotate(options = {}) {
      const mistakes: string[] = []
      const { retirePrevious = false } = readOptions(options, { retirePrevious: flag }, mistakes, 'rotate')
      if (mistakes.length > 0) throw new TypeError(mistakes.join('. '))
      const [current] = await keys()
      const next = await newKey()
      published = Promise.resolve(retirePrevious || current === undefined ? [next] : [next, current])
    },
    async revoke(mandate) {
      const sid = sidIn(mandate)
      if (sid === undefined) {
        throw new TypeError(
          'revoke takes a whole mandate with a sid, as mint gives it: for an id, use revocations.markRevoked(id)',
        )
      }
      await revocations.markRevoked(sid)
    },
  }
}

function sidIn(mandate: string): string | undefined {
  try {
    return decodeJwt<{ sid?: string }>(mandate).sid
  } catch {
    return undefined
  }
}

async function newKey(): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk: { ...jwk, use: 'sig', alg: 'ES256', kid: crypto.randomUUID() } }
}
