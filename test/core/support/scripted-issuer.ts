// An issuer without a network: it answers requests for its keys as a test says, and records them.

import {
  type CaracalOptions,
  createMandateVerifier,
  type DenialReason,
  type KeySetOptions,
  type MandateVerifier,
} from 'caracal-edge'
import { createTestIssuer, type TestIssuer, type TestIssuerOptions } from 'caracal-edge/testing'
import { base64url, type JWK } from 'jose'

export type KeyFetch = NonNullable<KeySetOptions['fetch']>

export interface ScriptedIssuer extends TestIssuer {
  /** Every request for its keys so far. */
  readonly requests: readonly { readonly url: string; readonly init: RequestInit }[]
  /** The one `fetch` of all guards that trust this issuer. */
  readonly fetch: KeyFetch
  /** How each request is answered from now on. */
  answer(answer: KeyFetch): void
  /** From now on, with a key set of only these keys, or with the one that is then published. */
  serve(keys?: readonly object[]): void
  /** From now on, with a network error. */
  fail(): void
  /** A guard that trusts this issuer. */
  guard(options?: Partial<CaracalOptions>): MandateVerifier
}

export function scriptedIssuer(identity: TestIssuerOptions = {}): ScriptedIssuer {
  const issuer = createTestIssuer(identity)
  const requests: { url: string; init: RequestInit }[] = []
  const published: KeyFetch = async () => Response.json(await issuer.jwks())
  let current = published
  const fetch: KeyFetch = (url, init) => {
    requests.push({ url, init })
    return current(url, init)
  }
  const options = { ...issuer.options, keySet: { fetch } }
  return {
    ...issuer,
    options,
    requests,
    fetch,
    answer(answer) {
      current = answer
    },
    serve(keys) {
      current = keys === undefined ? published : async () => Response.json({ keys })
    },
    fail() {
      current = () => Promise.reject(new TypeError('fetch failed'))
    },
    guard: (departures = {}) =>
      createMandateVerifier({
        ...options,
        ...departures,
        keySet: { ...options.keySet, ...departures.keySet },
      }),
  }
}

/** The decision of a guard about a token: `'admit'` or the reason for the refusal. */
export async function verdict(guard: MandateVerifier, token: string): Promise<'admit' | DenialReason> {
  const decision = await guard.authorizeToken(token)
  return decision.outcome === 'admit' ? 'admit' : decision.reason
}

/** The same for many tokens at the same time: the distinct answers. */
export async function verdicts(
  guard: MandateVerifier,
  tokens: readonly string[],
): Promise<readonly string[]> {
  return [...new Set(await Promise.all(tokens.map((token) => verdict(guard, token))))]
}

export function requestWith(token: string, path = '/'): Request {
  return new Request(`https://api.test${path}`, { headers: { authorization: `Bearer ${token}` } })
}

/** The key that an issuer signs with now. */
export async function currentKey(issuer: TestIssuer): Promise<JWK> {
  const [key] = (await issuer.jwks()).keys
  if (key === undefined) throw new Error('An issuer always has a key.')
  return key
}

/** The claims of a mandate, of whichever issuer. A token with other claims is refused before any key is fetched. */
export const CLAIMS = Object.freeze({
  ...{
    iss: 'https://sts.test',
    aud: ['resource://api'],
    zone_id: 'zone-1',
    client_id: 'app-1',
    sub: 'user-1',
  },
  ...{ jti: 'jti-1', sid: 'sid-1', root_sid: 'sid-1', use: 'resource', sub_type: 'user' },
  ...{ iat: 1_800_000_000, exp: 1_800_000_900 },
})

/** Any JOSE header and payload over a signature that nobody made. */
export function unsigned(header: object, payload: object = CLAIMS, signature = 'A'.repeat(86)): string {
  return [header, payload]
    .map((part) => base64url.encode(JSON.stringify(part)))
    .concat(signature)
    .join('.')
}

let strangers = 0

/** Shaped like a mandate but for these claims, signed by nobody, under a key id that no other token has. */
export function strangersToken(claims: object = {}): string {
  return unsigned({ alg: 'ES256', typ: 'JWT', kid: `stranger-${strangers++}` }, { ...CLAIMS, ...claims })
}

export function strangersTokens(count: number): readonly string[] {
  return Array.from({ length: count }, () => strangersToken())
}

/** The decision about a valid mandate if the issuer answers like this. */
export async function decisionFor(answer: KeyFetch, sts = scriptedIssuer()) {
  sts.answer(answer)
  return sts.guard().authorizeToken(await sts.mint())
}

/** The decision if that keeps the guard from having keys. */
export const unavailable = (fault: string) => ({ code: 'keys_unavailable', status: 503, fault })
