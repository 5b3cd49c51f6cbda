// Rotations: a new key is found at the first mandate signed with it, and a removed key is refused in time.

import { createTestIssuer } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { deferred, holdClock, later } from '../support/held-clock.ts'
import { currentKey, strangersToken, strangersTokens, verdict, verdicts } from '../support/scripted-issuer.ts'
import { createSigner } from '../support/signer.ts'
import { COOLDOWN_MS, MAX_AGE_MS, warm } from '../support/warm-guard.ts'

holdClock()

describe('a new key', () => {
  it('is found at the first mandate signed with it, right after the first fetch', async () => {
    const { sts, guard } = await warm()
    await sts.rotate()
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(2)
  })

  it('is found with one fetch for all mandates that arrive meanwhile', async () => {
    const { sts, guard } = await warm()
    await sts.rotate()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sts.mint()))
    expect(await verdicts(guard, tokens)).toEqual(['admit'])
    expect(sts.requests).toHaveLength(2)
  })

  it('does not replace the previous one while that is published', async () => {
    const { sts, guard } = await warm()
    await sts.rotate()
    await verdict(guard, await sts.mint())
    expect(await verdict(guard, await sts.mint({ key: 'previous' }))).toBe('admit')
  })

  it('that was refused before it was published is admitted afterwards: no refusal is cached', async () => {
    const { sts, guard } = await warm()
    sts.serve((await sts.jwks()).keys)
    await sts.rotate()
    const token = await sts.mint()
    expect(await verdict(guard, token)).toBe('unknown_key')
    sts.serve()
    later(COOLDOWN_MS)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('is found within one cooldown during a flood of unknown keys', async () => {
    const { sts, guard } = await warm()
    await verdict(guard, strangersToken())
    await sts.rotate()
    const token = await sts.mint()
    for (let wait = 0; wait < COOLDOWN_MS; wait += 1_000) {
      await verdicts(guard, strangersTokens(10))
      later(1_000)
    }
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('does not delay mandates of a known key while it is fetched', async () => {
    const { sts, guard } = await warm()
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    const stranger = verdict(guard, strangersToken())
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    answer.resolve(Response.json(await sts.jwks()))
    expect(await stranger).toBe('unknown_key')
  })
})

describe('a removed key', () => {
  it('is refused at the first request after maxAgeMs, for a mandate that was admitted before', async () => {
    const { sts, guard } = await warm()
    const token = await sts.mint()
    await sts.rotate({ retirePrevious: true })
    later(MAX_AGE_MS - 2)
    expect(await verdict(guard, token), 'before').toBe('admit')
    later(1)
    expect(await verdict(guard, token), 'at maxAgeMs').toBe('unknown_key')
  })

  it('is refused then for a new mandate, too', async () => {
    const { sts, guard } = await warm()
    const token = await sts.mint()
    await sts.rotate({ retirePrevious: true })
    later(MAX_AGE_MS)
    expect(await verdict(guard, token)).toBe('unknown_key')
  })

  it('is refused at once if another key caused a fetch', async () => {
    const { sts, guard } = await warm()
    const token = await sts.mint()
    expect(await verdict(guard, token)).toBe('admit')
    await sts.rotate({ retirePrevious: true })
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(await verdict(guard, token)).toBe('unknown_key')
  })

  it('that is replaced by another key with the same id does not verify what the old one signed', async () => {
    const { sts, guard } = await warm()
    const token = await sts.mint()
    const other = createTestIssuer()
    sts.serve([{ ...(await currentKey(other)), kid: (await currentKey(sts)).kid }])
    expect(await verdict(guard, token)).toBe('admit')
    later(MAX_AGE_MS)
    expect(await verdict(guard, token)).toBe('bad_signature')
  })
})

describe('a key that was replaced under the same id', () => {
  /** A guard that has the old key, and a token that the new one has signed. */
  async function replaced() {
    const scene = await warm()
    const { sts } = scene
    const { kid } = await currentKey(sts)
    const signer = await createSigner(sts)
    const [jwk] = signer.options.keySet.jwks?.keys ?? []
    const token = await signer.sign(
      JSON.stringify(decodeJwt(await sts.mint())),
      JSON.stringify({ alg: 'ES256', typ: 'JWT', kid }),
    )
    return { ...scene, token, newKeys: [{ ...jwk, kid }] }
  }

  it('is found at the first mandate that is signed with the new one, with one fetch', async () => {
    const { sts, guard, token, newKeys } = await replaced()
    sts.serve(newKeys)
    expect(await verdicts(guard, Array(5).fill(token))).toEqual(['admit'])
    expect(sts.requests).toHaveLength(2)
  })

  it('is searched for once per cooldown', async () => {
    const { sts, guard, token, newKeys } = await replaced()
    expect(await verdict(guard, token)).toBe('bad_signature')
    sts.serve(newKeys)
    later(COOLDOWN_MS - 1)
    expect(await verdict(guard, token)).toBe('bad_signature')
    expect(sts.requests).toHaveLength(2)
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
    expect(sts.requests).toHaveLength(3)
  })

  it('does not verify what the old one signed', async () => {
    const { sts, guard, token, newKeys } = await replaced()
    const old = await sts.mint()
    sts.serve(newKeys)
    await verdict(guard, token)
    later(1)
    expect(await verdict(guard, old)).toBe('bad_signature')
  })

  it('cannot be told from a forgery in an outage: nobody is called invalid', async () => {
    const { sts, guard, token } = await replaced()
    sts.fail()
    expect(await guard.authorizeToken(token)).toMatchObject({
      ...{ code: 'keys_unavailable', fault: 'network', retryAfterSeconds: COOLDOWN_MS / 1000 },
    })
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('is not searched for where the keys have just been fetched', async () => {
    const { sts } = await replaced()
    const guard = sts.guard({ keySet: { maxAgeMs: 5_000 } })
    expect(await verdict(guard, await sts.mint({ key: 'forged' }))).toBe('bad_signature')
    expect(sts.requests).toHaveLength(2)
  })
})
