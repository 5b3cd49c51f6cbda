// Event streams of an MCP server end with the authority of who reads them.

import { InMemoryRevocationStore } from 'caracal-edge'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { call, issuer, mandate, post, RESOURCE, serverWith } from '../support/mcp.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const EVENT = 'event: message\ndata: {}\n\n'

/** A server that streams one event and goes on in silence. */
function streaming(options: object = {}, type = 'text/event-stream') {
  const revocations = new InMemoryRevocationStore()
  const server = serverWith({ tools: { a: {} }, revocations, ...options }, () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(EVENT))
      },
    })
    return new Response(body, { headers: { 'content-type': type } })
  })
  return { ...server, revoke: async (token: string) => revocations.markRevoked(String(decodeJwt(token).sid)) }
}

async function textOf(response: Response): Promise<string> {
  return response.text()
}

it('with an error for the request that waits for its answer', async () => {
  const token = await mandate()
  const { fetch, revoke } = streaming()
  const text = textOf(await fetch(await post(call('a', { id: 'r-1' }), { token })))
  await revoke(token)
  await vi.advanceTimersByTimeAsync(30_000)
  const [first, last = '', rest] = (await text).split(/(?<=\n\n)/)
  expect([first, rest]).toEqual([EVENT, undefined])
  const [, data = ''] = /^event: message\ndata: (.*)\n\n$/.exec(last) ?? []
  expect(JSON.parse(data)).toMatchObject({
    jsonrpc: '2.0',
    id: 'r-1',
    error: { data: { error: 'session_revoked' } },
  })
})

it('also those of GET, with the code', async () => {
  const token = await mandate()
  const { fetch, revoke } = streaming({ live: { recheckEveryMs: 1_000 } })
  const request = new Request(RESOURCE, {
    headers: { authorization: `Bearer ${token}`, accept: 'text/event-stream' },
  })
  const text = textOf(await fetch(request))
  await revoke(token)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await text).toBe(`${EVENT}event: caracal-end\ndata: {"code":"session_revoked"}\n\n`)
})

it.each([
  { title: 'with live: false', options: { live: false } },
  { title: 'whose answer is JSON', options: {}, type: 'application/json' },
])('but not $title', async ({ options, type }) => {
  const token = await mandate()
  const { fetch, revoke } = streaming(options, type)
  const reader = (await fetch(await post(call('a'), { token }))).body?.getReader()
  await reader?.read()
  await revoke(token)
  const next = reader?.read().then(
    () => 'ended',
    () => 'errored',
  )
  await vi.advanceTimersByTimeAsync(120_000)
  expect(await Promise.race([next, Promise.resolve('goes on')])).toBe('goes on')
  await reader?.cancel()
})

it('a page can read them, too', async () => {
  const { fetch } = streaming({ allowedOrigins: ['https://app.example'] })
  const response = await fetch(await post(call('a'), { headers: { origin: 'https://app.example' } }))
  expect(response.headers.get('access-control-allow-origin')).toBe('https://app.example')
  expect(new TextDecoder().decode((await response.body?.getReader().read())?.value)).toBe(EVENT)
  expect(issuer.options.audience).toBeTypeOf('string')
})
