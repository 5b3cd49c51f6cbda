// Wrong arguments of liveResponse and liveSocket: every mistake is named, and nothing is touched.

import { type Authority, CaracalConfigError } from 'caracal-edge'
import { liveResponse, liveSocket } from 'caracal-edge/live'
import { describe, expect, it, vi } from 'vitest'
import { holdClock } from '../support/held-clock.ts'
import { liveAuthority } from '../support/live-authority.ts'

holdClock()

const socket = { readyState: 1, close() {} }

/** The arguments are deliberately of wrong types. */
const CALLS: { readonly [name: string]: (...given: readonly unknown[]) => unknown } = {
  liveResponse: (...given) => Reflect.apply(liveResponse, undefined, given),
  liveSocket: (...given) => Reflect.apply(liveSocket, undefined, given),
}
const good = () => ({ liveResponse: new Response('hunter2'), liveSocket: socket })

function issuesOf(call: () => unknown): readonly string[] {
  try {
    call()
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues
    throw error
  }
  return []
}

async function read(): Promise<Response> {
  const response = new Response('hunter2')
  await response.text()
  return response
}

async function readInPart(): Promise<Response> {
  const response = new Response('hunter2')
  const reader = response.body?.getReader()
  await reader?.read()
  reader?.releaseLock()
  return response
}

function locked(): Response {
  const response = new Response('hunter2')
  response.body?.getReader()
  return response
}

const BODY = 'must be a response whose body nobody has read or is reading: call liveResponse before that'
const AUTHORITY = 'pass context.authority or authorityOf(request). On an excluded path there is none'

describe.each(['liveResponse', 'liveSocket'] as const)('%s', (name) => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    [{}, 'an object'],
    ['hunter2', 'a string'],
  ])('without an authority: %j', async (authority, type) => {
    const call = () => CALLS[name]?.(good()[name], authority)
    expect(issuesOf(call)).toEqual([
      `the second argument of ${name} must be an object with a \`signal\` method, not ${type}: ${AUTHORITY}`,
    ])
  })

  it.each<[unknown, string]>([
    [undefined, 'the options must be an object, not undefined'],
    [10_000, 'the options must be an object, not a number'],
    [{ recheckEvery: 1_000 }, 'Unknown option "recheckEvery". Did you mean "recheckEveryMs"?'],
    [{ recheckEveryMs: 10 }, 'recheckEveryMs must be 100 or more'],
    [{ graceMs: 10 }, 'graceMs is for checks that fail'],
    [{ until: 'hunter2' }, 'until must be an object with a `addEventListener` method, not a string'],
  ])('with the options %j', async (options, issue) => {
    const { authority } = await liveAuthority()
    const [first] = issuesOf(() => CALLS[name]?.(good()[name], authority, options))
    expect(first).toContain(issue)
    expect(first).not.toContain('hunter2')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('all mistakes at once', () => {
    expect(issuesOf(() => CALLS[name]?.(7, 7, 7))).toHaveLength(3)
  })
})

describe('liveResponse', () => {
  it.each<[string, () => unknown, string]>([
    ['undefined', () => undefined, 'must be a response, not undefined'],
    ['a promise of one', async () => new Response(), 'must be a response, not a promise: await it first'],
    [
      'its body',
      () => new Response('hunter2').body,
      'must be a response, not an instance of a class ReadableStream',
    ],
    ['a request', () => new Request('https://hunter2.test/'), 'must be a response, not a Request'],
    ['one that was read', read, BODY],
    ['one that was read in part', readInPart, BODY],
    ['one that is being read', locked, BODY],
  ])('of %s', async (kind, make, problem) => {
    const { authority } = await liveAuthority()
    const given = kind.startsWith('one that was') ? await make() : make()
    expect(issuesOf(() => CALLS.liveResponse?.(given, authority))).toEqual([
      `the first argument of liveResponse ${problem}`,
    ])
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each<[unknown, string]>([
    ['data: bye', 'onEnd must be a function, not a string'],
    [undefined, 'onEnd is undefined'],
  ])('with onEnd %j', async (onEnd, issue) => {
    const { authority } = await liveAuthority()
    expect(issuesOf(() => CALLS.liveResponse?.(new Response(''), authority, { onEnd }))[0]).toContain(issue)
  })

  it('mistakes are named for a response without a body too', async () => {
    const none = undefined as unknown as Authority
    expect(() => liveResponse(new Response(null), none)).toThrow(CaracalConfigError)
  })
})

describe('liveSocket', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [new Response(), 'a Response'],
    [new (class Response$1 {})(), 'a Response'], // as the bridge of Hono for Node.js names its own
    [{ readyState: 1 }, 'an object'],
  ])('of %s', async (given, type) => {
    const { authority } = await liveAuthority()
    expect(issuesOf(() => CALLS.liveSocket?.(given, authority))).toEqual([
      `the first argument of liveSocket must be an object with a \`close\` method, not ${type}: pass the server side of the WebSocket`,
    ])
  })

  it('has no onEnd: the reason is the code', async () => {
    const { authority } = await liveAuthority()
    expect(issuesOf(() => CALLS.liveSocket?.(socket, authority, { onEnd: () => 'x' }))[0]).toContain(
      'Unknown option "onEnd"',
    )
  })
})
