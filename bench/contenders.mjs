// What is measured in every runtime: the floor, the guard, and what others do with the same mandates.
// @ts-check

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { createVerifier } from 'fast-jwt'
import { verify as honoVerify } from 'hono/utils/jwt/jwt'
import { createLocalJWKSet, exportSPKI, jwtVerify } from 'jose'

/** Twice as many as the guard remembers: in turn, each is forgotten before it comes again. */
const MANDATES = 2_000
/** All of these are remembered. */
const REPEATED = 500
const FORGED = 100
const ROUTES = 1_000

/** One at a time. */
const SINGLE = { together: 1 }
const CROWD = { together: 64, atOnce: true }
/** Too short to be timed one by one. */
const SHORT = { together: 25 }

/** @returns {Promise<import('./interleave.mjs').Contender[]>} */
export async function createContenders() {
  const issuer = createTestIssuer()
  const mandates = await Promise.all(Array.from({ length: MANDATES }, () => issuer.mint()))
  const forged = await Promise.all(Array.from({ length: FORGED }, () => issuer.mint({ key: 'forged' })))
  const repeated = mandates.slice(0, REPEATED)
  const [jwk] = (await issuer.jwks()).keys
  if (jwk === undefined) throw new Error('An issuer always has a key.')
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('jwk', jwk, ecdsa, true, ['verify'])

  const answer = new Response(null)
  const bare = async () => answer
  /** A guard that shares nothing: guards with the same `fetch` share what they know of signatures. */
  const guard = (routes = 0) =>
    withCaracal(() => answer, {
      ...issuer.options,
      keySet: { fetch: async (url, init) => issuer.handler(new Request(url, init)) },
      revocations: new InMemoryRevocationStore(),
      requiredScopes: ['read'],
      routes: Object.fromEntries(
        Array.from({ length: routes }, (_, index) => [`/route-${index}`, { requiredScopes: ['write'] }]),
      ),
    })
  /** @type {(rest: string) => string[]} */
  const everyRoute = (rest) => Array.from({ length: ROUTES }, (_, index) => `/route-${index}${rest}`)

  const { issuer: iss, audience: aud } = issuer
  const keySet = createLocalJWKSet({ keys: [jwk] })
  /** @param {string} token */
  const jose = (token) => jwtVerify(token, keySet, { issuer: iss, audience: aud, algorithms: ['ES256'] })
  /** @param {string} token */
  const hono = (token) => honoVerify(token, jwk, { alg: 'ES256', iss, aud })
  /** @param {boolean} cache */
  const fastJwt = async (cache) =>
    createVerifier({
      key: await exportSPKI(key),
      algorithms: ['ES256'],
      allowedIss: iss,
      allowedAud: aud,
      cache,
    })
  /** Everything around the signature check is done before. */
  const floor = onEach(mandates.map(signatureOf), ({ signature, signed }) =>
    crypto.subtle.verify(ecdsa, key, signature, signed),
  )

  return [
    { id: 'floor', ...SINGLE, prepare: floor, isRight: isTrue },
    { id: 'first', ...SINGLE, prepare: onRequests(mandates, guard()), isRight: isAdmitted },
    { id: 'forged', ...SINGLE, prepare: onRequests(forged, guard()), isRight: isRefused },
    { id: 'jose', ...SINGLE, prepare: onEach(mandates, jose), isRight: isVerified },
    { id: 'fastJwt', ...SINGLE, prepare: onEach(mandates, await fastJwt(false)), isRight: isVerified },
    { id: 'hono', ...SINGLE, prepare: onEach(mandates, hono), isRight: isVerified },

    { id: 'floorCrowd', ...CROWD, prepare: floor, isRight: isTrue },
    { id: 'firstCrowd', ...CROWD, prepare: onRequests(mandates, guard()), isRight: isAdmitted },
    { id: 'joseCrowd', ...CROWD, prepare: onEach(mandates, jose), isRight: isVerified },

    { id: 'bare', ...SHORT, prepare: onRequests(repeated, bare), isRight: isAdmitted },
    { id: 'repeated', ...SHORT, prepare: onRequests(repeated, guard()), isRight: isAdmitted },
    {
      id: 'oneRoute',
      ...SHORT,
      prepare: onRequests(repeated, guard(1), ['/route-0/x']),
      isRight: isAdmitted,
    },
    {
      id: 'oneRouteOdd',
      ...SHORT,
      prepare: onRequests(repeated, guard(1), ['/route-0/a%20b']),
      isRight: isAdmitted,
    },
    {
      id: 'manyRoutes',
      ...SHORT,
      prepare: onRequests(repeated, guard(ROUTES), everyRoute('/x')),
      isRight: isAdmitted,
    },
    {
      id: 'manyRoutesOdd',
      ...SHORT,
      prepare: onRequests(repeated, guard(ROUTES), everyRoute('/a%20b')),
      isRight: isAdmitted,
    },
    { id: 'anonymous', ...SHORT, prepare: onRequests([undefined], guard()), isRight: isRefused },
    { id: 'fastJwtCached', ...SHORT, prepare: onEach(repeated, await fastJwt(true)), isRight: isVerified },
  ]
}

/**
 * Every run takes the next of the list, and the first one after the last.
 *
 * @template Element
 * @param {readonly Element[]} list
 * @param {(element: Element) => unknown} run
 */
function onEach(list, run) {
  const next = inTurn(list)
  return () => {
    const element = next()
    return () => run(element)
  }
}

/**
 * Every run has a new request, as from a client.
 *
 * @param {readonly (string | undefined)[]} tokens
 * @param {(request: Request) => Promise<Response>} fetch
 * @param {readonly string[]} paths
 */
function onRequests(tokens, fetch, paths = ['/']) {
  const nextToken = inTurn(tokens)
  const nextPath = inTurn(paths)
  return () => {
    const token = nextToken()
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const request = new Request(`https://api.test${nextPath()}`, { headers })
    return () => fetch(request)
  }
}

/** @template Element @param {readonly Element[]} list */
function inTurn(list) {
  let index = 0
  return () => /** @type {Element} */ (list[index++ % list.length])
}

/** @param {string} token */
function signatureOf(token) {
  const end = token.lastIndexOf('.')
  const base64 = token
    .slice(end + 1)
    .replaceAll('-', '+')
    .replaceAll('_', '/')
  return {
    signature: Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)),
    signed: new TextEncoder().encode(token.slice(0, end)),
  }
}

/** @param {unknown} output */
const isTrue = (output) => output === true
/** @param {unknown} output */
const isAdmitted = (output) => output instanceof Response && output.status === 200
/** @param {unknown} output */
const isRefused = (output) => output instanceof Response && output.status === 401
/** What a library gives for a good token: its claims, or an object with them. @param {unknown} output */
const isVerified = (output) => output instanceof Object && ('jti' in output || 'payload' in output)
