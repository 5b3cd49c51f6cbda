// Answers of an issuer: anything but a status 200 with a body within the limits is an outage.

import { withCaracal } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import {
  decisionFor,
  type KeyFetch,
  requestWith,
  scriptedIssuer,
  unavailable,
  verdict,
} from '../support/scripted-issuer.ts'

holdClock()

describe('a status other than 200', () => {
  it.each([201, 206, 400, 401, 404, 429, 500, 503])('%i is an outage, whatever its body', async (status) => {
    const sts = scriptedIssuer()
    const jwks = await sts.jwks()
    expect(await decisionFor(async () => Response.json(jwks, { status }), sts)).toMatchObject(
      unavailable('status'),
    )
  })

  it.each([301, 302, 303, 307, 308])('redirect %i is not followed', async (status) => {
    const sts = scriptedIssuer()
    const jwks = await sts.jwks()
    const headers = { Location: 'https://elsewhere.test/jwks.json' }
    const answer: KeyFetch = async () => Response.json(jwks, { status, headers })
    expect(await decisionFor(answer, sts)).toMatchObject(unavailable('status'))
    expect(sts.requests).toHaveLength(1)
  })

  it.each([
    [200, 'malformed'],
    [204, 'status'],
    [304, 'status'],
  ] as const)('%i without a body is an outage', async (status, fault) => {
    expect(await decisionFor(async () => new Response(null, { status }))).toMatchObject(unavailable(fault))
  })

  it('has its body cancelled unread', async () => {
    const cancel = vi.fn()
    await decisionFor(async () => new Response(new ReadableStream({ cancel }), { status: 500 }))
    expect(cancel).toHaveBeenCalledOnce()
  })
})

describe('a body', () => {
  const LIMIT = 262_144

  /** The key set, padded with white space to this many bytes. */
  async function padded(bytes: number) {
    const sts = scriptedIssuer()
    return { sts, text: JSON.stringify(await sts.jwks()).padEnd(bytes, ' ') }
  }

  it('can have 256 KiB', async () => {
    const { sts, text } = await padded(LIMIT)
    expect(await decisionFor(async () => new Response(text), sts)).toMatchObject({ outcome: 'admit' })
  })

  it.each([
    ['as it says', String(LIMIT + 1)],
    ['and says less', '10'],
  ])('that has one more byte, %s, is an outage', async (_, length) => {
    const { sts, text } = await padded(LIMIT + 1)
    const answer: KeyFetch = async () => new Response(text, { headers: { 'Content-Length': length } })
    expect(await decisionFor(answer, sts)).toMatchObject(unavailable('too_large'))
  })

  it('without end is cancelled soon after the limit', async () => {
    let pulled = 0
    const cancel = vi.fn()
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          pulled += 16_384
          controller.enqueue(new Uint8Array(16_384).fill(0x20))
        },
        cancel,
      })
    expect(await decisionFor(async () => new Response(endless()))).toMatchObject(unavailable('too_large'))
    expect(pulled).toBeLessThanOrEqual(LIMIT + 3 * 16_384)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('can arrive byte by byte', async () => {
    const sts = scriptedIssuer()
    const bytes = new TextEncoder().encode(JSON.stringify({ ...(await sts.jwks()), note: 'süß' }))
    const body = () =>
      new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        },
      })
    expect(await decisionFor(async () => new Response(body()), sts)).toMatchObject({ outcome: 'admit' })
  })

  it('that ends early is an outage', async () => {
    const broken = () => new ReadableStream({ start: (controller) => controller.error(new TypeError('cut')) })
    expect(await decisionFor(async () => new Response(broken()))).toMatchObject(unavailable('network'))
  })

  it.each<[string, () => Promise<void>]>([
    ['hangs', () => new Promise(() => {})],
    ['fails', () => Promise.reject(new Error('not now'))],
  ])('that is cancelled is not waited for if cancelling %s', async (_, cancel) => {
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(LIMIT))
    const endless = (status: number) => new Response(new ReadableStream({ pull, cancel }), { status })
    expect(await decisionFor(async () => endless(500))).toMatchObject(unavailable('status'))
    expect(await decisionFor(async () => endless(200))).toMatchObject(unavailable('too_large'))
  })
})

describe('a fetch that fails', () => {
  const throws = () => {
    throw new TypeError('Illegal invocation')
  }

  it.each<[string, string, () => unknown]>([
    ['rejects with a TypeError', 'network', () => Promise.reject(new TypeError('fetch failed'))],
    ['rejects with nothing', 'network', () => Promise.reject(undefined)],
    ['rejects with a text', 'network', () => Promise.reject('connect ECONNREFUSED 10.0.0.1')],
    ['throws before it promises anything', 'network', throws],
    ['promises nothing', 'malformed', () => undefined],
    ['resolves to nothing', 'malformed', async () => undefined],
    ['resolves to something else', 'malformed', async () => ({ status: 200 })],
  ])('and %s is an outage (%s), and says nothing in the answer', async (_, fault, answer) => {
    expect(await decisionFor(answer as KeyFetch)).toMatchObject(unavailable(fault))
    const sts = scriptedIssuer()
    sts.answer(answer as KeyFetch)
    let handled = 0
    const guarded = withCaracal(() => new Response(String(handled++)), sts.options)
    const response = await guarded(requestWith(await sts.mint()))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toMatch(/TypeError|fetch failed|ECONN|invocation|\n\s+at /)
    expect(handled).toBe(0)
  })

  it('is called again', async () => {
    const sts = scriptedIssuer()
    sts.answer(throws)
    const guard = sts.guard({ keySet: { cooldownMs: 10_000 } })
    await verdict(guard, await sts.mint())
    await verdict(guard, await sts.mint())
    expect(sts.requests).toHaveLength(1)
    sts.serve()
    later(10_000)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })
})
