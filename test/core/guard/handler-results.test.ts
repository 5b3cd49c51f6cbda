// What a handler returns or throws is passed on unchanged, and is never mistaken for a refusal.

import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

describe('a response is passed on', () => {
  it.each([
    { kind: 'a plain one', response: new Response('ok', { status: 201, headers: { 'x-own': '1' } }) },
    { kind: 'an error', response: new Response('no', { status: 500 }) },
    { kind: "a refusal of the handler's own", response: new Response('no', { status: 401 }) },
    { kind: 'an empty one', response: new Response(null, { status: 304 }) },
    { kind: 'a redirect', response: Response.redirect('http://api.test/y', 302) },
  ])('as the same object: $kind', async ({ response }) => {
    expect(await withCaracal(() => response, issuer.options)(bearer(token))).toBe(response)
    expect(await withCaracal(async () => response, issuer.options)(bearer(token))).toBe(response)
  })

  it('before its body has ended, at the pace of its reader, who can cancel it (websocket-07)', async () => {
    const pulled: number[] = []
    const cancel = vi.fn()
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull(controller) {
        pulled.push(pulled.length)
        controller.enqueue(new Uint8Array(1024))
      },
      cancel,
    }
    const endless = () => new Response(new ReadableStream(source, { highWaterMark: 1 }))
    const response = await withCaracal(endless, issuer.options)(bearer(token))
    const reader = response.body?.getReader()
    await reader?.read()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(pulled.length).toBeLessThanOrEqual(3)
    await reader?.cancel('enough')
    expect(cancel).toHaveBeenCalledTimes(1)
  })

  it.each([undefined, null, 7, 'text', {}])('even if it is not one: %j (config-07)', async (result) => {
    const handler = () => result as unknown as Response
    expect(await withCaracal(handler, issuer.options)(bearer(token))).toBe(result)
  })
})

describe('what a handler throws is passed on, and the handler runs only once (config-07):', () => {
  class KeySetUnavailableError extends Error {
    override readonly name = 'KeySetUnavailableError'
  }
  const errors = [new Error('own'), new KeySetUnavailableError('own'), 'a text', undefined]

  it.each(errors)('%s, thrown', async (error) => {
    const handler = vi.fn((): Response => {
      throw error
    })
    await expect(withCaracal(handler, issuer.options)(bearer(token))).rejects.toBe(error)
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it.each(errors)('%s, as a rejection', async (error) => {
    const handler = vi.fn((): Promise<Response> => Promise.reject(error))
    await expect(withCaracal(handler, issuer.options)(bearer(token))).rejects.toBe(error)
    expect(handler).toHaveBeenCalledTimes(1)
  })

  it('even a configuration error that the handler creates', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const handler = () => {
      withCaracal(() => new Response(), { ...issuer.options, audience: '' })
      return new Response()
    }
    await expect(withCaracal(handler, issuer.options)(bearer(token))).rejects.toThrow(/audience/)
    expect(log).not.toHaveBeenCalled()
    log.mockRestore()
  })
})
