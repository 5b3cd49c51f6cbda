// `warmup` of a guard: the keys are fetched before the first request.

import { CaracalConfigError, type CaracalOptions, KeySetUnavailableError, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { countedKeySet } from '../support/counted-key-set.ts'
import { bearer } from '../support/requests.ts'

interface Env {
  readonly tenant: string
}

const issuer = createTestIssuer()
const token = await issuer.mint()
const ok: (...all: readonly unknown[]) => Response = () => new Response('ok')

describe('warmup', () => {
  it('fetches the key set, so that the first request does not', async () => {
    const keySet = countedKeySet(issuer)
    const guarded = withCaracal(ok, { ...issuer.options, keySet })
    expect(await guarded.warmup()).toBeUndefined()
    expect(keySet.fetch).toHaveBeenCalledTimes(1)
    await guarded(bearer(token))
    expect(keySet.fetch).toHaveBeenCalledTimes(1)
  })

  it('takes the platform arguments if the options are a function of them', async () => {
    const keySet = countedKeySet(issuer)
    const options = vi.fn((_: Env): CaracalOptions => ({ ...issuer.options, keySet }))
    const guarded = withCaracal(ok, options)
    const env = { tenant: 'a' }
    await guarded.warmup(env)
    await guarded(bearer(token), env)
    expect([keySet.fetch.mock.calls.length, options.mock.calls.length]).toEqual([1, 1])
  })

  it('fetches the key set of every zone and issuer, each once', async () => {
    const keySet = countedKeySet(issuer)
    const guarded = withCaracal(ok, {
      ...issuer.options,
      keySet,
      routes: {
        '/same': {},
        '/issuer': { issuer: 'https://other-sts.test' },
        '/audience': { audience: 'x' },
      },
    })
    await guarded.warmup()
    const urls = keySet.fetch.mock.calls.map(([url]) => new URL(url).host)
    expect(urls.sort()).toEqual(['other-sts.test', 'sts.test'])
  })

  it('is rejected if the keys cannot be fetched, and requests try again', async () => {
    const fetch = vi.fn(countedKeySet(issuer).fetch).mockRejectedValueOnce(new TypeError('no route'))
    const guarded = withCaracal(ok, { ...issuer.options, keySet: { fetch, cooldownMs: 0 } })
    const error: unknown = await guarded.warmup().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(KeySetUnavailableError)
    expect(error).toMatchObject({ name: 'KeySetUnavailableError', fault: 'network', retryAfterSeconds: 1 })
    expect(error).toMatchObject({ host: 'sts.test', status: undefined, cause: new TypeError('no route') })
    expect(String(error)).toMatch(/the request to sts\.test failed \(TypeError "no route"\)\. Check /)
    expect((await guarded(bearer(token))).status).toBe(200)
  })

  it('is rejected, and does not throw, if the options are invalid', async () => {
    const guarded = withCaracal(ok, () => ({ ...issuer.options, maxHopCount: -1 }))
    await expect(guarded.warmup()).rejects.toBeInstanceOf(CaracalConfigError)
  })
})
