// A response whose body ends with the authority, before that: what stays as it was, and what is left afterwards.

import { AuthorityEndedError } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import { describe, expect, it, vi } from 'vitest'
import { deferred, holdClock, pass } from '../support/held-clock.ts'
import { LIFETIME_MS, liveAuthority } from '../support/live-authority.ts'
import { bytes, clientOf, EVENTS, FILE, microtasks, recorded, sourceOf } from '../support/live-body.ts'
import { fails, left, REVOKED, streaming } from '../support/live-response.ts'

holdClock()

it('a client that leaves just when the stream is ended breaks nothing', async () => {
  const { authority } = await liveAuthority()
  const source = sourceOf()
  const reached = vi.fn()
  const response = liveResponse(new Response(source.stream as ReadableStream, EVENTS), authority, {
    onEnd() {
      // As Deno does within `enqueue`. Thrown by a listener, an error would end the process.
      reader?.cancel().then(reached, reached)
      return 'data: late\n\n'
    },
  })
  const reader = response.body?.getReader()
  const reading = reader?.read()
  await pass(LIFETIME_MS)
  expect(await reading).toEqual({ done: true, value: undefined })
  expect([reached.mock.calls.length, vi.getTimerCount()]).toEqual([1, 0])
})

describe('while the authority lasts', () => {
  it('status, headers and cookies are the same', async () => {
    const { authority } = await liveAuthority()
    const headers = new Headers({ ...FILE.headers, 'content-length': '10', etag: '"1"' })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    const response = new Response(sourceOf().stream as ReadableStream, {
      status: 206,
      statusText: 'Part',
      headers,
    })
    const live = liveResponse(response, authority)
    expect([live.status, live.statusText]).toEqual([206, 'Part'])
    expect([...live.headers]).toEqual([...headers])
    expect(live.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    await live.body?.cancel()
  })

  it('an event stream has no Content-Length any more, and its headers can be set', async () => {
    const { response } = await streaming({ headers: { ...EVENTS.headers, 'content-length': '10' } })
    expect([...response.headers]).toEqual([['content-type', 'text/event-stream']])
    response.headers.set('x-request-id', '7')
  })

  it('the source is asked for a chunk only when the client asks, and its chunks are not copied', async () => {
    const { authority } = await liveAuthority()
    const source = sourceOf()
    const { body } = liveResponse(new Response(source.stream as ReadableStream, FILE), authority)
    const reader = body?.getReader()
    await microtasks()
    expect(source.asked()).toBe(0)
    const chunk = bytes('12')
    for (const count of [1, 2, 3]) {
      const read = reader?.read()
      await microtasks()
      expect(source.asked()).toBe(count)
      source.send(chunk)
      expect((await read)?.value).toBe(chunk)
      await microtasks()
    }
    expect([source.asked(), chunk.byteLength]).toEqual([3, 2])
    await reader?.cancel()
  })

  it('the end of the source is the end of the body, and of the watch', async () => {
    const { client, source, ...record } = await streaming(FILE, { recheckEveryMs: 1_000 })
    source.send('1')
    source.send('2')
    source.close()
    await microtasks()
    expect([client.text(), client.end(), ...left(record)]).toEqual(['12', 'closed', 0, 0])
  })

  it('so is its error', async () => {
    const { client, source, ...record } = await streaming(EVENTS, { recheckEveryMs: 1_000 })
    const error = new Error('broken')
    source.send('1')
    source.fail(error)
    await microtasks()
    expect([client.end(), ...left(record)]).toEqual([error, 0, 0])
  })

  it.each(['close', 'fail'] as const)(
    'the watch is given up when the source ends while nobody reads: %s',
    async (how) => {
      const { authority } = await liveAuthority()
      const [source, record] = [sourceOf(), recorded(authority)]
      liveResponse(new Response(source.stream as ReadableStream, FILE), record.watched)
      expect(left(record)).toEqual([1, 1])
      source[how](new Error('broken'))
      await microtasks()
      expect(left(record)).toEqual([0, 0])
    },
  )

  it('what the source has sent before it ended can still be read', async () => {
    const { authority } = await liveAuthority()
    const source = sourceOf()
    const live = liveResponse(new Response(source.stream as ReadableStream, FILE), authority)
    source.send('1')
    source.close()
    await microtasks()
    expect(await live.text()).toBe('1')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a client that cancels cancels the source with its reason, and the watch', async () => {
    const { client, source, ...record } = await streaming(EVENTS, { recheckEveryMs: 1_000 })
    const reason = new Error('gone')
    await client.cancel(reason)
    expect(source.cancelled).toEqual([reason])
    expect(left(record)).toEqual([0, 0])
    await pass(LIFETIME_MS)
    expect([source.cancelled.length, record.asked.length]).toEqual([1, 1])
  })

  it.each(['close', 'error', 'cancel'])('a source that does not tell that it is closed: %s', async (how) => {
    const { authority } = await liveAuthority()
    const next = deferred<{ done: boolean }>()
    const reader = { read: () => next.promise, cancel: async () => {}, closed: new Promise(() => {}) }
    const body = { locked: false, getReader: () => reader }
    const response = Object.defineProperty(new Response('', FILE), 'body', { value: body })
    const record = recorded(authority)
    const client = clientOf(liveResponse(response, record.watched))
    if (how === 'cancel') await client.cancel('gone')
    else if (how === 'close') next.resolve({ done: true })
    else next.reject(new Error('broken'))
    await microtasks()
    expect(left(record)).toEqual([0, 0])
    expect(client.end()).not.toBe('open')
  })

  it('the error of a source that cannot be cancelled reaches the client that cancels', async () => {
    const { client, ...record } = await streaming(EVENTS, { source: sourceOf(() => fails()) })
    await expect(client.cancel('gone')).rejects.toBeInstanceOf(RangeError)
    expect(left(record)).toEqual([0, 0])
  })

  it('a response without a watch costs no look-up: only an interval asks the store', async () => {
    const { asked } = await liveAuthority()
    expect(asked()).toBe(0)
    const { source, client, answers } = await streaming(FILE)
    answers(REVOKED)
    source.send('1')
    await pass(LIFETIME_MS - 1)
    expect([client.text(), client.end()]).toEqual(['1', 'open'])
  })
})

describe('until', () => {
  it('gives the watch up, and the body goes on', async () => {
    const until = new AbortController()
    const { client, source, count, ...record } = await streaming(FILE, {
      recheckEveryMs: 1_000,
      until: until.signal,
    })
    until.abort()
    expect(left(record)).toEqual([0, 0])
    await pass(2 * LIFETIME_MS)
    source.send('on')
    source.close()
    await microtasks()
    expect([client.text(), client.end()]).toEqual(['on', 'closed'])
  })

  it.each(['authority', 'source', 'client'])('keeps no listener when the %s ends', async (who) => {
    const until = new AbortController()
    const { count, listeners } = recorded((await liveAuthority()).authority)
    count(until.signal)
    const { client, source } = await streaming(EVENTS, { until: until.signal })
    expect(listeners()).toBe(1)
    if (who === 'authority') await pass(LIFETIME_MS)
    else if (who === 'source') source.close()
    else await client.cancel('gone')
    await microtasks()
    expect([listeners(), vi.getTimerCount()]).toEqual([0, 0])
  })

  it('may have fired already', async () => {
    const { client, source, ...record } = await streaming(FILE, { until: AbortSignal.abort() })
    expect(left(record)).toEqual([0, 0])
    source.send('on')
    await microtasks()
    expect(client.text()).toBe('on')
  })

  it('that has fired does not hide an authority that has ended', async () => {
    const { authority } = await liveAuthority()
    vi.setSystemTime(Date.now() + LIFETIME_MS)
    const source = sourceOf()
    const response = new Response(source.stream as ReadableStream, FILE)
    await expect(
      liveResponse(response, authority, { until: AbortSignal.abort() }).text(),
    ).rejects.toBeInstanceOf(AuthorityEndedError)
  })
})

describe('what is returned as it is', () => {
  it.each<[string, () => Response]>([
    ['a response without a body', () => new Response(null, EVENTS)],
    ['204', () => new Response(null, { status: 204 })],
    ['304', () => new Response(null, { status: 304 })],
    ['a redirect', () => Response.redirect('https://api.test/')],
    ['an error', () => Response.error()],
    [
      'a body that is not a stream',
      () => Object.defineProperty(new Response(), 'body', { value: { pipe() {} } }),
    ],
  ])('%s', async (_, make) => {
    const { authority } = await liveAuthority()
    const response = make()
    expect(liveResponse(response, authority)).toBe(response)
    expect(vi.getTimerCount()).toBe(0)
  })
})
