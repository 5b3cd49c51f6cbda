// What the guard costs beside a bare signature check, in this process and run: `npm run bench`.
// @ts-check

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { interleave, printTable } from './interleave.mjs'

const MANDATES = 200
const ROUNDS = 300

const issuer = createTestIssuer()
const mandates = await Promise.all(Array.from({ length: MANDATES }, () => issuer.mint()))
const { keys } = await issuer.jwks()
const options = { ...issuer.options, revocations: new InMemoryRevocationStore(), requiredScopes: ['read'] }
const routes = Object.fromEntries(
  Array.from({ length: 1000 }, (_, index) => [`/route-${index}`, { requiredScopes: ['read', 'write'] }]),
)

/** @param {string} [token] @param {string} [path] */
const request = (token, path = '/invoices/17') =>
  new Request(`https://api.test${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {})

/** Hands out the elements again and again, so that no run meets the same one twice in a row. @template T @param {readonly T[]} list */
const cycle = (list) => {
  let next = 0
  return () => /** @type {T} */ (list[next++ % list.length])
}

const answer = new Response(null)
const handler = () => answer
const bare = async () => handler()
const remembering = withCaracal(handler, options)
const forgetting = withCaracal(handler, { ...options, verifiedTokenCache: false })
const routed = withCaracal(handler, { ...options, routes })
const requests = mandates.map((token) => request(token))
const routedRequests = mandates.map((token, index) => request(token, `/route-${index * 5}/x`))
const encodedRequests = mandates.map((token) => request(token, '/invoices/a%20b'))
const forged = await Promise.all(Array.from({ length: 50 }, () => issuer.mint({ key: 'forged' })))

const verify = await bareVerify(mandates)
const next = {
  first: cycle(requests),
  repeated: cycle(requests),
  routed: cycle(routedRequests),
  encoded: cycle(encodedRequests),
  forged: cycle(forged.map((token) => request(token))),
  verify: cycle(verify),
}
const anonymous = request()
const first = requests[0] ?? anonymous
for (const guarded of [remembering, forgetting, routed]) {
  if ((await guarded(first)).status !== 200) throw new Error('The benchmark would measure refusals.')
}

const rows = await interleave(
  [
    { name: 'bare crypto.subtle.verify (the floor)', batch: 10, run: () => next.verify()() },
    { name: 'admitted, signature checked', batch: 10, run: () => forgetting(next.first()) },
    { name: 'refused, bad signature', batch: 10, run: () => forgetting(next.forged()) },
    { name: 'bare handler', batch: 200, run: bare },
    { name: 'admitted, signature remembered', batch: 200, run: () => remembering(next.repeated()) },
    { name: 'admitted, remembered, 1,000 routes', batch: 200, run: () => routed(next.routed()) },
    { name: 'admitted, remembered, 1,000 routes, odd path', batch: 50, run: () => routed(next.encoded()) },
    { name: 'refused, no token', batch: 200, run: () => remembering(anonymous) },
  ],
  ROUNDS,
)

console.log(`Node ${process.version}, ${MANDATES} mandates, ${ROUNDS} rounds, one request at a time`)
printTable(rows)

/** One signature check for each token, everything around it prepared beforehand. @param {readonly string[]} tokens */
async function bareVerify(tokens) {
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const jwk = keys[0] ?? {}
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'verify',
  ])
  return tokens.map((token) => {
    const end = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(end + 1), 'base64url')
    const signed = new TextEncoder().encode(token.slice(0, end))
    return () => crypto.subtle.verify(algorithm, key, signature, signed)
  })
}
