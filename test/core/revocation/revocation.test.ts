// The revocation check: what a store is asked, when, and what its answer means for a mandate.

import { type RevocationQuery, withCaracal } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { type KeyFetch, requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

const CLAIMS = { sid: 'sid-1', root_sid: 'root-1', agent_session_id: 'agent-1', delegation_edge_id: 'edge-1' }
const IDS = { claims: CLAIMS }

/** What the store is asked about a mandate that is otherwise valid. */
async function queryFor(departures: MandateDepartures): Promise<RevocationQuery> {
  const sts = createTestIssuer()
  const revocations = recordingStore()
  const guarded = withCaracal(() => new Response(), { ...sts.options, revocations })
  expect((await guarded(requestWith(await sts.mint(departures)))).status).toBe(200)
  const [query, ...others] = revocations.queries
  if (query === undefined || others.length > 0) throw new Error('The store is to be asked exactly once.')
  return query
}

describe('the store is asked', () => {
  it('once for every request that is admitted', async () => {
    const sts = scriptedIssuer()
    const revocations = recordingStore()
    const guard = sts.guard({ revocations })
    const token = await sts.mint()
    for (let count = 1; count <= 3; count++) {
      await verdict(guard, token)
      expect(revocations.queries).toHaveLength(count)
    }
  })

  it('about all four anchors together, and about the zone', async () => {
    expect(await queryFor(IDS)).toEqual({
      anchors: ['sid-1', 'root-1', 'agent-1', 'edge-1'],
      zoneId: 'zone-1',
    })
  })

  it.each<[string, MandateDepartures, readonly string[]]>([
    [
      'sid and root_sid are one',
      { claims: { ...CLAIMS, root_sid: 'sid-1' } },
      ['sid-1', 'agent-1', 'edge-1'],
    ],
    [
      'sid and agent are one',
      { claims: { ...CLAIMS, agent_session_id: 'sid-1' } },
      ['sid-1', 'root-1', 'edge-1'],
    ],
    [
      'root_sid and agent are one',
      { claims: { ...CLAIMS, agent_session_id: 'root-1' } },
      ['sid-1', 'root-1', 'edge-1'],
    ],
    [
      'agent and edge are one',
      { claims: { ...CLAIMS, delegation_edge_id: 'agent-1' } },
      ['sid-1', 'root-1', 'agent-1'],
    ],
    [
      'nothing was delegated',
      { hops: 0, claims: { ...CLAIMS, delegation_edge_id: undefined } },
      ['sid-1', 'root-1', 'agent-1'],
    ],
    ['no agent acts', { agent: false, claims: { sid: 'sid-1', root_sid: 'root-1' } }, ['sid-1', 'root-1']],
    ['there is but the sid', { agent: false, claims: { sid: 'sid-1', root_sid: 'sid-1' } }, ['sid-1']],
  ])('about each anchor once if %s', async (_, departures, anchors) => {
    expect((await queryFor(departures)).anchors).toEqual(anchors)
  })

  it.each<[string, MandateDepartures, string | undefined]>([
    ['an epoch', { claims: { delegation_graph_epoch: 7 } }, 'zone-1'],
    ['an epoch of 0', { claims: { delegation_graph_epoch: 0 } }, 'zone-1'],
    ['no epoch', { claims: { delegation_graph_epoch: undefined } }, undefined],
    ['an epoch of null, which counts as absent', { claims: { delegation_graph_epoch: null } }, undefined],
  ])('about the zone only if the mandate has an epoch: %s', async (_, departures, zoneId) => {
    expect((await queryFor(departures)).zoneId).toBe(zoneId)
  })

  it('about any id exactly as it is signed', async () => {
    const sid = 'a\r\nSET x 1 "*" %00 \u0000 \u{1F98A}'
    expect((await queryFor({ agent: false, claims: { sid, root_sid: sid } })).anchors).toEqual([sid])
  })

  it('after all other checks: not for a mandate that is refused anyway', async () => {
    const sts = scriptedIssuer()
    const revocations = recordingStore()
    const guard = sts.guard({
      revocations,
      requiredScopes: ['read'],
      maxHopCount: 2,
      requireDelegation: true,
    })
    const strict = guard.require({ requiredTargets: ['resource://t'], requireChainContains: ['app-9'] })
    const refused: readonly (readonly [string, MandateDepartures])[] = [
      ['bad_signature', { key: 'forged' }],
      ['unknown_key', { key: 'unknown' }],
      ['invalid_claims', { claims: { sid: undefined } }],
      ['wrong_issuer', { claims: { iss: 'https://other.test' } }],
      ['wrong_audience', { audience: 'resource://other' }],
      ['expired', { expired: true }],
      ['not_yet_valid', { claims: { nbf: Date.now() / 1000 + 61 } }],
      ['not_yet_valid', { claims: { iat: Date.now() / 1000 + 61 } }],
      ['invalid_zone', { claims: { zone_id: 'zone-2' } }],
      ['wrong_use', { claims: { use: 'session' } }],
      ['insufficient_scope', { scopes: [] }],
      ['delegation_required', { hops: 0 }],
      ['hop_count_exceeded', { hops: 3 }],
    ]
    for (const [reason, departures] of refused) {
      expect(await verdict(guard, await sts.mint(departures))).toBe(reason)
    }
    expect(await verdict(guard, 'garbage')).toBe('malformed')
    expect(await verdict(strict, await sts.mint())).toBe('missing_target')
    expect(await verdict(strict, await sts.mint({ claims: { target: ['resource://t'] } }))).toBe(
      'chain_mismatch',
    )
    expect(
      await verdict(
        guard.require({ requireAgent: true }),
        await sts.mint({ claims: { agent_session_id: '' } }),
      ),
    ).toBe('agent_required')
    expect(revocations.queries).toHaveLength(0)
  })

  it.each<[string, KeyFetch]>([
    ['out of reach', () => Promise.reject(new TypeError('fetch failed'))],
    ['broken', async () => Response.json({})],
  ])('not while the keys are %s', async (_, answer) => {
    const sts = scriptedIssuer()
    sts.answer(answer)
    const revocations = recordingStore()
    expect(await verdict(sts.guard({ revocations }), await sts.mint())).toBe('keys_unavailable')
    expect(revocations.queries).toHaveLength(0)
  })

  it('not for a request without a token or on an excluded path', async () => {
    const sts = scriptedIssuer()
    const revocations = recordingStore()
    const guard = sts.guard({ revocations, exclude: ['/healthz'] })
    expect(await guard.authorize(new Request('https://api.test/'))).toMatchObject({ code: 'missing_token' })
    expect(await guard.authorize(requestWith(await sts.mint(), '/healthz'))).toEqual({ outcome: 'skip' })
    expect(revocations.queries).toHaveLength(0)
  })
})

describe('a revoked mandate', () => {
  it.each(Object.entries(CLAIMS))('is refused for its %s alone', async (_, id) => {
    const sts = createTestIssuer()
    await sts.revocations.markRevoked(id)
    const guarded = withCaracal(() => new Response(), sts.options)
    const response = await guarded(requestWith(await sts.mint(IDS)))
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'session_revoked' })
  })

  it('is not revoked by any other id in it', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint({ ...IDS, hops: 3 })
    const {
      exp: _exp,
      iat: _iat,
      hop_count: _hops,
      delegation_graph_epoch: _epoch,
      ...claims
    } = decodeJwt(token)
    const anchors: readonly string[] = Object.values(CLAIMS)
    const others = textsIn(claims).filter((text) => !anchors.includes(text))
    expect(others.length).toBeGreaterThan(12)
    for (const id of others) await sts.revocations.markRevoked(id)
    expect(await verdict(sts.guard(), token)).toBe('admit')
  })

  function textsIn(value: unknown): readonly string[] {
    if (typeof value === 'string') return [value]
    return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
  }

  it('is refused at the next request, however often it was admitted before', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    const token = await sts.mint()
    expect(await verdict(guard, token)).toBe('admit')
    await sts.revoke(token)
    expect(await verdict(guard, token)).toBe('session_revoked')
  })

  it('is admitted again if the store forgets it: nothing is cached', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    const token = await sts.mint(IDS)
    await sts.revocations.markRevoked('sid-1', 1_000)
    expect(await verdict(guard, token)).toBe('session_revoked')
    later(1_000)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('is checked before the handler runs: one revoked meanwhile is refused at its next request', async () => {
    const sts = createTestIssuer()
    const token = await sts.mint()
    const guarded = withCaracal(async () => {
      await sts.revoke(token)
      return new Response('done')
    }, sts.options)
    expect(await (await guarded(requestWith(token))).text()).toBe('done')
    expect((await guarded(requestWith(token))).status).toBe(401)
  })

  it('is looked up again by a guard behind a guard', async () => {
    const sts = createTestIssuer()
    const stores = [recordingStore(), recordingStore(() => ({ ...CLEAN, revoked: true }))] as const
    const inner = withCaracal(() => new Response(), { ...sts.options, revocations: stores[1] })
    const outer = withCaracal((request) => inner(request), { ...sts.options, revocations: stores[0] })
    expect((await outer(requestWith(await sts.mint()))).status).toBe(401)
    expect(stores.map(({ queries }) => queries.length)).toEqual([1, 1])
  })
})

describe('the delegation epoch', () => {
  it.each<[string, unknown, number, string]>([
    ['older than the zone', 6, 7, 'delegation_stale'],
    ['as old', 7, 7, 'admit'],
    ['newer', 8, 7, 'admit'],
    ['of 0 in a zone that has one', 0, 1, 'delegation_stale'],
    ['of 0 in a zone without', 0, 0, 'admit'],
    ['in a zone without', 7, 0, 'admit'],
    ['in a zone past 2^53', Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, 'delegation_stale'],
    ['at the end of what can be counted', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, 'admit'],
    ['absent in a zone that has one', undefined, 7, 'admit'],
    ['absent in a zone past 2^53', undefined, Number.POSITIVE_INFINITY, 'admit'],
  ])('%s', async (_, epoch, delegationEpoch, expected) => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ revocations: recordingStore(() => ({ revoked: false, delegationEpoch })) })
    expect(await verdict(guard, await sts.mint({ claims: { delegation_graph_epoch: epoch } }))).toBe(expected)
  })

  it('of another zone has no effect on a mandate', async () => {
    const sts = scriptedIssuer()
    await sts.revocations.markDelegationEpoch('zone-2', 9)
    expect(await verdict(sts.guard(), await sts.mint())).toBe('admit')
    await sts.revocations.markDelegationEpoch('zone-1', 9)
    expect(await verdict(sts.guard(), await sts.mint())).toBe('delegation_stale')
  })

  it('is reported after revocation if both apply', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ revocations: recordingStore(() => ({ revoked: true, delegationEpoch: 9 })) })
    expect(await verdict(guard, await sts.mint())).toBe('session_revoked')
  })
})
