// An STS for tests: mints mandates like the real one, serves their keys and revokes them. Needs no network.

import { decodeJwt } from 'jose'
import { CaracalConfigError } from '../decision/errors.ts'
import type { CaracalOptions } from '../guard/options.ts'
import { identifier, objectWith, reportTo } from '../lib/checks.ts'
import { readOptions } from '../lib/read-options.ts'
import { serviceUrl } from '../lib/urls.ts'
import { InMemoryRevocationStore } from '../revocation/in-memory-store.ts'
import type { WritableRevocationStore } from '../revocation/store.ts'
import { createTestZone, type TestZone } from './test-zone.ts'

/** The options of {@link createTestIssuer}. */
export interface TestIssuerOptions<Store extends WritableRevocationStore = InMemoryRevocationStore> {
  /** What mandates name as `iss`, and where their key sets are. Default: `https://sts.test`. */
  readonly issuer?: string
  /** The zone of `mint`, `jwks` and `rotate`. Default: `zone-1`. */
  readonly zoneId?: string
  /** The default audience of mandates. Default: `resource://api`. */
  readonly audience?: string
  /** The store that `revoke` writes to, such as a `createTestStore()`. Default: a new `InMemoryRevocationStore`. */
  readonly revocations?: Store
}

/** See {@link createTestIssuer}. */
export interface TestIssuer<Store extends WritableRevocationStore = InMemoryRevocationStore>
  extends TestZone {
  readonly issuer: string
  readonly audience: string
  /** The store that `revoke` writes to. */
  readonly revocations: Store
  /** The options of a guard that trusts this issuer and its own zone. Spread them and add your own. */
  readonly options: Required<
    Pick<CaracalOptions, 'issuer' | 'expectedZoneId' | 'audience' | 'revocations' | 'keySet'>
  > & { readonly revocations: Store }
  /**
   * Another zone of this issuer, with keys of its own; the same one for the same id. Its key set is served from the
   * first call on. A guard for several zones names them: `{ ...issuer.options, expectedZoneId: ['zone-1', 'zone-2'] }`.
   * @throws {CaracalConfigError} if it is no id
   */
  zone(zoneId: string): TestZone
  /** A fetch handler that serves the key sets at the same path as the STS: `/.well-known/jwks.json?zone_id=…`. */
  handler(request: Request): Promise<Response>
  /**
   * Revokes the session (`sid`) of a mandate in `revocations`.
   * @throws {TypeError} (rejects) if it is not a whole mandate
   */
  revoke(mandate: string): Promise<void>
}

const OPTIONS = {
  issuer: serviceUrl,
  zoneId: identifier,
  audience: identifier,
  revocations: objectWith<WritableRevocationStore>('markRevoked', 'pass a store that can be written'),
} as const

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
export function createTestIssuer<Store extends WritableRevocationStore>(
  options: TestIssuerOptions<Store> & { readonly revocations: Store },
): TestIssuer<Store>
export function createTestIssuer(options?: TestIssuerOptions): TestIssuer
export function createTestIssuer(
  ...given: readonly [options?: TestIssuerOptions<WritableRevocationStore>]
): TestIssuer<WritableRevocationStore> {
  const issues: string[] = []
  const options = readOptions(given.length === 0 ? {} : given[0], OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  const { issuer = 'https://sts.test', zoneId = 'zone-1', audience = 'resource://api' } = options
  const { revocations = new InMemoryRevocationStore() } = options
  const own = createTestZone(issuer, zoneId, audience)
  const zones = new Map([[zoneId, own]])

  async function handler(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const asked = searchParams.get('zone_id')
    if (request.method !== 'GET' || !pathname.endsWith('/.well-known/jwks.json')) {
      return new Response('Not found', { status: 404 })
    }
    if (!asked) return new Response('zone_id is required', { status: 400 })
    const zone = zones.get(asked)
    if (zone === undefined) return new Response('Unknown zone', { status: 404 })
    return Response.json(await zone.jwks(), {
      headers: { 'Cache-Control': 'public, max-age=300, must-revalidate' },
    })
  }

  return {
    ...own,
    issuer,
    audience,
    revocations,
    options: {
      issuer,
      expectedZoneId: zoneId,
      audience,
      revocations,
      keySet: { fetch: async (url, init) => handler(new Request(url, init)) },
    },
    zone(id) {
      const mistakes: string[] = []
      const name = identifier(id, reportTo(mistakes, 'zone'))
      if (name === undefined) throw new CaracalConfigError(mistakes)
      const zone = zones.get(name) ?? createTestZone(issuer, name, audience)
      zones.set(name, zone)
      return zone
    },
    handler,
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
