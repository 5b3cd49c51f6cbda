// @ts-check
// The four steps a Caracal resource server is validated with, and a fifth for what is under way, as a client sees them.

import { AUDIENCE } from './billing.mjs'
import { createDemoClient } from './client.mjs'

/**
 * @param {object} options
 * @param {import('../lab/issuer.mjs').RunningIssuer} options.issuer
 * @param {string} options.workerUrl
 * @param {readonly import('./ways-to-revoke.mjs').WayToRevoke[]} options.waysToRevoke
 */
export async function walkSteps({ issuer, workerUrl, waysToRevoke }) {
  const client = createDemoClient(workerUrl)
  const who = { sub: 'user-ada', sid: 'record-ada-1', agent_session_id: 'agent-session-1' }
  const admitted = { actor: who.sub, agent_session: who.agent_session_id }

  client.say(`1. A mandate minted for ${AUDIENCE} is admitted`)
  const reader = {
    shownAs: 'billing:read',
    mandate: await issuer.mint({ claims: who, scopes: ['billing:read'] }),
  }
  await client.send({ path: '/invoices', credential: reader, expected: { status: 200, body: admitted } })

  client.say('2. What is not good enough is refused, and what is excluded is open')
  await client.send({
    path: '/payouts',
    credential: reader,
    expected: {
      status: 403,
      body: { error: 'insufficient_scope' },
      challenge: /^Bearer .*error="insufficient_scope".*scope="billing:payout"/,
    },
  })
  await client.send({
    path: '/payouts',
    credential: {
      shownAs: 'billing:payout, without delegation',
      mandate: await issuer.mint({ claims: who, scopes: ['billing:payout'], hops: 0 }),
    },
    expected: {
      status: 403,
      body: { error: 'delegation_required' },
      // No error: a new token with more scopes would not help (protocol §4).
      challenge: /^Bearer(?!.*error=)/,
    },
  })
  await client.send({
    path: '/payouts',
    credential: {
      shownAs: 'billing:payout, delegated',
      mandate: await issuer.mint({ claims: who, scopes: ['billing:payout'], hops: 1 }),
    },
    expected: { status: 200, body: admitted },
  })
  await client.send({
    path: '/invoices',
    // RFC 6750 §3.1: who sent no credential is told no error in the challenge.
    expected: { status: 401, body: { error: 'missing_token' }, challenge: /^Bearer(?!.*error=)/ },
  })
  await client.send({
    path: '/invoices',
    credential: {
      shownAs: 'billing:read, for resource://other-api',
      mandate: await issuer.mint({ claims: who, scopes: ['billing:read'], audience: 'resource://other-api' }),
    },
    expected: {
      status: 401,
      body: { error: 'invalid_token' },
      challenge: /^Bearer .*error="invalid_token"/,
    },
  })
  await client.send({ path: '/healthz', expected: { status: 200, body: { status: 'ok' } } })

  for (const [index, way] of waysToRevoke.entries()) {
    client.say(`3. Once its session is revoked ${way.title}, a mandate is refused`)
    const sid = `record-revoked-${index + 1}`
    const mandate = await issuer.mint({ scopes: ['billing:read'], claims: { ...who, sid } })
    await client.send({
      path: '/invoices',
      credential: { shownAs: 'billing:read', mandate },
      expected: { status: 200, body: admitted },
    })
    await way.revoke(client, sid)
    await client.send({
      path: '/invoices',
      credential: { shownAs: 'billing:read, the same', mandate },
      expected: {
        status: 401,
        body: { error: 'session_revoked' },
        challenge: /^Bearer .*error="invalid_token"/,
      },
    })
  }

  client.say('4. The key is rotated, and a mandate under the new key is admitted at once')
  const again = { claims: { ...who, sid: 'record-ada-2' }, scopes: ['billing:read'] }
  const old = await issuer.mint(again)
  await issuer.rotate()
  const fresh = await issuer.mint(again)
  const oldKey = keyIdOf(old)
  const newKey = keyIdOf(fresh)
  if (oldKey === newKey) throw new Error('The issuer still signs with the old key.')
  await client.send({
    path: '/invoices',
    credential: { shownAs: `billing:read, key ${newKey}`, mandate: fresh },
    expected: { status: 200, body: admitted },
  })
  await client.send({
    path: '/invoices',
    credential: { shownAs: `billing:read, key ${oldKey}, still served`, mandate: old },
    expected: { status: 200, body: admitted },
  })

  for (const [index, way] of waysToRevoke.entries()) {
    client.say(`5. A stream that is open ends once its session is revoked ${way.title}`)
    const sid = `record-streaming-${index + 1}`
    const mandate = await issuer.mint({ scopes: ['billing:read'], claims: { ...who, sid } })
    let revokedAt = Number.NaN
    await client.watch({
      path: '/events',
      credential: { shownAs: 'billing:read', mandate },
      async meanwhile() {
        await way.revoke(client, sid)
        revokedAt = Date.now()
      },
      lastEvent: 'event: caracal-end\ndata: {"code":"session_revoked"}\n\n',
    })
    client.say(`  It ended ${Date.now() - revokedAt} ms after the revocation. It is checked every second.`)
  }

  client.say(`The Worker asked the issuer for its key set ${issuer.keySetRequests()} times in all.`)
  return client.result()
}

/** @param {string} mandate */
function keyIdOf(mandate) {
  const [header = ''] = mandate.split('.')
  return JSON.parse(Buffer.from(header, 'base64url').toString()).kid
}
