// Next.js ends a prerender with an error at the first look at the request. It must get this error back, and nobody else.

import { type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { anonymous } from '../support/requests.ts'

const { options } = createTestIssuer()
const handler = vi.fn(() => new Response('reached'))
const asked = vi.fn((): CaracalOptions => options)

const interruptions = [
  Object.assign(new Error('prerender'), { digest: 'NEXT_PRERENDER_INTERRUPTED' }),
  Object.assign(new Error('dynamic'), { digest: 'DYNAMIC_SERVER_USAGE' }),
  Object.assign(new Error('static only'), { code: 'NEXT_STATIC_GEN_BAILOUT' }),
]

/** What other code may have put on a prototype. */
const inheriting = Object.create(Error.prototype, { digest: { value: 'NEXT_PRERENDER_INTERRUPTED' } })

/** A request whose members throw, as in a prerender. */
function throwing(error: unknown, members: readonly string[] = ['headers', 'url']): Request {
  return new Proxy(anonymous('/x'), {
    get(target, name) {
      if (members.includes(String(name))) throw error
      return Reflect.get(target, name, target)
    },
  })
}

let consoles: readonly MockInstance[] = []
beforeEach(() => {
  consoles = (['error', 'warn', 'log'] as const).map((level) => vi.spyOn(console, level).mockReturnValue())
  handler.mockClear()
  asked.mockClear()
})
afterEach(() => {
  vi.restoreAllMocks()
})
const printed = () => consoles.flatMap(({ mock }) => mock.calls)

const WAYS: readonly { readonly way: string; readonly run: (request: Request) => Promise<unknown> }[] = [
  { way: 'withCaracal', run: async (request) => withCaracal(handler, asked)(request) },
  { way: 'withCaracal with an object', run: async (request) => withCaracal(handler, options)(request) },
  { way: 'guardFetch', run: async (request) => guardFetch({ fetch: handler }, asked).fetch(request) },
  { way: 'a verifier', run: async (request) => createMandateVerifier(options).authorize(request) },
  {
    way: 'a verifier with requirements',
    run: async (request) => createMandateVerifier(options).authorize(request, {}),
  },
]

describe.each(WAYS)('$way', ({ run }) => {
  it.each(interruptions)('gives the error back, unheard: $message', async (error) => {
    for (const members of [['headers', 'url'], ['headers']]) {
      await expect(run(throwing(error, members))).rejects.toBe(error)
    }
    expect(printed()).toEqual([])
    expect(handler).not.toHaveBeenCalled()
  })

  it.each([
    new Error('hunter2'),
    Object.assign(new Error('hunter2'), { digest: 7 }),
    Object.assign(new Error('hunter2'), { code: 'ENOENT' }),
    Object.setPrototypeOf(new Error('hunter2'), inheriting),
    { digest: 'NEXT_PRERENDER_INTERRUPTED' },
    'hunter2',
  ])('refuses with 500 on any other: %s', async (error) => {
    expect(await run(throwing(error))).toMatchObject({ status: 500 })
    expect(JSON.stringify(printed())).not.toContain('hunter2')
    expect(handler).not.toHaveBeenCalled()
  })
})

it('the options function is not asked, because its variables may not be there', async () => {
  const [error] = interruptions
  await withCaracal(handler, asked)(throwing(error)).catch(() => {})
  await Promise.resolve(guardFetch({ fetch: handler }, asked).fetch(throwing(error))).catch(() => {})
  expect(asked).not.toHaveBeenCalled()
  await withCaracal(handler, asked)(anonymous())
  expect(asked).toHaveBeenCalledTimes(1)
})

it('in Hono, the error handler gets it', async () => {
  const seen: unknown[] = []
  const onError = (error: Error) => {
    seen.push(error)
    return new Response('', { status: 418 })
  }
  const app = new Hono().onError(onError).use(caracal(options)).get('/x', handler)
  const [error] = interruptions
  expect((await app.fetch(throwing(error, ['headers']))).status).toBe(418)
  expect(seen).toEqual([error])
})
