// A response whose body ends with the authority: how it ends, what stays as it was, and what is left afterwards.

import { AuthorityEndedError, type Denial } from 'caracal-edge'
import { type LiveResponseOptions, liveResponse } from 'caracal-edge/live'
import { describe, expect, it, vi } from 'vitest'
import { deferred, holdClock } from '../support/held-clock.ts'
import { LIFETIME_MS, liveAuthority, reasonOf } from '../support/live-authority.ts'
import {
  bytes,
  clientOf,
  EVENTS,
  FILE,
  microtasks,
  recorded,
  type Source,
  sourceOf,
} from '../support/live-body.ts'

holdClock()

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const REVOKED = () => ({ revoked: true, delegationEpoch: 0 })
const lastEvent = (code: string) => `event: caracal-end\ndata: {"code":"${code}"}\n\n`

/** A live response over a source of its own, and its client. */
async function streaming(
  init: ResponseInit,
  {
    source = sourceOf(),
    ...options
  }: LiveResponseOptions & { readonly source?: ReturnType<typeof sourceOf> } = {},
) {
  const live = await liveAuthority()
  const record = recorded(live.authority)
  const response = liveResponse(new Response(source.stream as ReadableStream, init), record.watched, options)
  return { ...live, ...record, source, response, client: clientOf(response) }
}

/** What is left: timers, listeners. */
const left = (record: { listeners(): number }) => [vi.getTimerCount(), record.listeners()]

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

describe('when the authority ends', () => {
  it.each([
    ['text/event-stream'],
    ['text/event-stream; charset=utf-8'],
    ['Text/Event-Stream;charset=utf-8'],
    [' text/event-stream ;x=1'],
  ])('a body of the type "%s" is closed after an event that tells the code', async (type) => {
    const { client, source, ...record } = await streaming({ headers: { 'content-type': type } })
    source.send('data: 1\n\n')
    await pass(LIFETIME_MS - 1)
    expect([client.text(), client.end()]).toEqual(['data: 1\n\n', 'open'])
    await pass(1)
    expect([client.text(), client.end()]).toEqual([`data: 1\n\n${lastEvent('invalid_token')}`, 'closed'])
    expect(left(record)).toEqual([0, 0])
  })

  it.each([
    ['application/octet-stream'],
    ['text/plain'],
    ['text/event-streams'],
    ['application/x-text/event-stream'],
    ['text/html; x="text/event-stream"'],
    [''],
  ])('a body of the type "%s" is errored with its error', async (type) => {
    const { client, source, signals, ...record } = await streaming({
      headers: type === '' ? {} : { 'content-type': type },
    })
    source.send('half')
    await pass(LIFETIME_MS)
    expect(client.text()).toBe('half')
    expect(client.end()).toBeInstanceOf(AuthorityEndedError)
    expect(client.end()).toBe(signals[0]?.reason)
    expect(left(record)).toEqual([0, 0])
  })

  it.each([EVENTS, FILE])(
    'the source is cancelled at once while it is silent, with the error: %j',
    async (init) => {
      const { source, client, signals, answers, authority } = await streaming(init, { recheckEveryMs: 1_000 })
      answers(REVOKED)
      await pass(999)
      expect(source.cancelled).toEqual([])
      await pass(1)
      expect(source.cancelled).toEqual([signals[0]?.reason])
      expect(reasonOf(signals[0] ?? AbortSignal.abort())).toBe('session_revoked')
      expect(client.end()).not.toBe('open')
      expect(authority.mandate).toBeDefined()
    },
  )

  it.each([EVENTS, FILE])('the client learns it even if it does not read: %j', async (init) => {
    const { authority } = await liveAuthority()
    const source = sourceOf()
    const response = liveResponse(new Response(source.stream as ReadableStream, init), authority)
    await pass(LIFETIME_MS)
    expect(source.cancelled).toHaveLength(1)
    const client = clientOf(response)
    await microtasks()
    if (init === FILE) expect(client.end()).toBeInstanceOf(AuthorityEndedError)
    else expect([client.text(), client.end()]).toEqual([lastEvent('invalid_token'), 'closed'])
  })

  it.each([EVENTS, FILE])('what the source sends then does not go on: %j', async (init) => {
    const source = sourceOf(() => {
      source.send('data: late\n\n')
      throw new Error('busy')
    })
    const { client } = await streaming(init, { source })
    source.send('data: 1\n\n')
    await pass(LIFETIME_MS)
    expect(client.text()).toBe(init === FILE ? 'data: 1\n\n' : `data: 1\n\n${lastEvent('invalid_token')}`)
    expect(client.end()).not.toBe('open')
  })

  it.each([
    ['a chunk', (source: Source) => source.send('data: late\n\n')],
    ['nothing', () => {}],
    ['its error', (source: Source) => source.fail(new Error('broken'))],
  ])(
    'a client that stopped reading gets the last event later, if the source sent %s last',
    async (_, act) => {
      const { authority } = await liveAuthority()
      const source = sourceOf()
      const { body } = liveResponse(new Response(source.stream as ReadableStream, EVENTS), authority)
      const reader = body?.getReader()
      reader?.read().catch(() => {})
      await microtasks()
      reader?.releaseLock()
      act(source)
      // In the same turn: what the source did is still under way.
      vi.advanceTimersByTime(LIFETIME_MS)
      await microtasks()
      const again = body?.getReader()
      expect(new TextDecoder().decode((await again?.read())?.value)).toBe(lastEvent('invalid_token'))
      expect((await again?.read())?.done).toBe(true)
    },
  )

  it('a source that never finishes its cancellation holds up nothing', async () => {
    const { client, ...record } = await streaming(EVENTS, { source: sourceOf(() => new Promise(() => {})) })
    await pass(LIFETIME_MS)
    expect([client.end(), ...left(record)]).toEqual(['closed', 0, 0])
  })

  it.each([EVENTS, FILE])('before the call, the body ends at once: %j', async (init) => {
    const { authority, events } = await liveAuthority()
    vi.setSystemTime(Date.now() + LIFETIME_MS)
    const source = sourceOf()
    source.send('data: secret\n\n')
    const record = recorded(authority)
    const response = liveResponse(new Response(source.stream as ReadableStream, init), record.watched)
    expect([source.cancelled.length, source.asked(), events.length]).toEqual([1, 0, 1])
    const client = clientOf(response)
    await microtasks()
    expect(client.text()).toBe(init === FILE ? '' : lastEvent('invalid_token'))
    expect(client.end() === 'closed').toBe(init === EVENTS)
    expect(left(record)).toEqual([0, 0])
  })

  it('a signal with a reason of its own ends it too', async () => {
    const { authority } = await liveAuthority()
    const controller = new AbortController()
    const other = { ...recorded(authority).watched, signal: () => controller.signal }
    const source = sourceOf()
    const client = clientOf(liveResponse(new Response(source.stream as ReadableStream, EVENTS), other))
    controller.abort(new Error('hunter2'))
    await microtasks()
    expect([client.text(), client.end()]).toEqual([lastEvent('server_error'), 'closed'])
  })
})

describe('the last event', () => {
  it('is what onEnd makes of the denial', async () => {
    const seen: Denial[] = []
    const onEnd = (denial: Denial) => {
      seen.push(denial)
      return `data: ${denial.reason}\n\n`
    }
    const { client } = await streaming(EVENTS, { onEnd })
    await pass(LIFETIME_MS)
    expect([client.text(), client.end()]).toEqual(['data: expired\n\n', 'closed'])
    expect(seen).toMatchObject([{ outcome: 'deny', reason: 'expired', status: 401 }])
  })

  it.each<[string, () => unknown, RegExp | undefined]>([
    ['undefined', () => undefined, undefined],
    ['an empty text', () => '', undefined],
    ['a number', () => 7, /onEnd must return a string or undefined, not a number/],
    ['null', () => null, /onEnd must return a string or undefined, not null/],
    [
      'a promise of text',
      async () => 'data: x\n\n',
      /onEnd must return a string or undefined, not a promise/,
    ],
    ['a promise that is rejected', () => Promise.reject(new RangeError('no')), /not a promise/],
    ['an error', () => fails(), /onEnd threw RangeError/],
  ])('there is none where onEnd gives %s', async (_, onEnd, logged) => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {})
    const { client, source, ...record } = await streaming(EVENTS, { onEnd: onEnd as () => string })
    source.send('data: 1\n\n')
    await pass(LIFETIME_MS)
    expect([client.text(), client.end(), source.cancelled.length]).toEqual(['data: 1\n\n', 'closed', 1])
    expect(client.chunks()).toBe(1)
    const lines = log.mock.calls.map(([line]) => String(line))
    if (logged === undefined) expect(lines).toEqual([])
    else expect(lines.join('\n')).toMatch(logged)
    expect(left(record)).toEqual([0, 0])
    log.mockRestore()
  })

  it.each<[string, readonly (string | Uint8Array)[], boolean]>([
    ['nothing yet', [], true],
    ['a whole event', ['data: 1\n\n'], true],
    ['a whole event with CR LF', ['data: 1\r\n\r\n'], true],
    ['a whole event with CR', ['data: 1\r\r'], true],
    ['a whole event with mixed line ends', ['data: 1\n\r\n'], true],
    ['a whole event, byte by byte', [...'data: 1\r\n\r\n'], true],
    ['a comment and an empty line', [': ping\n\n'], true],
    ['an empty line at the beginning', ['\n'], true],
    ['an empty chunk after a whole event', ['data: 1\n\n', ''], true],
    ['a part of a larger buffer', [bytes('xxxxdata: 1\n\nyyyy').subarray(4, 13)], true],
    ['half a line', ['data: 1\n\n', 'data: 2'], false],
    ['half an event', ['data: 1\n\ndata: 2\n'], false],
    ['half an event with CR LF', ['data: 2\r\n'], false],
    ['half an event with CR LF in two chunks', ['data: 2\r', '\n'], false],
    ['half an event, byte by byte', [...'data: 1\n\ndata: 2\r\n'], false],
    ['half of the empty line', ['data: 2\r\n\r'], true],
    ['an empty line long ago', ['\n\n', 'da', 'ta'], false],
  ])('after %s: %s → %s', async (_, chunks, isSent) => {
    const { client, source } = await streaming(EVENTS)
    for (const chunk of chunks) {
      source.send(chunk)
      await microtasks()
    }
    const before = client.text()
    await pass(LIFETIME_MS)
    expect(client.text().slice(before.length)).toBe(isSent ? lastEvent('invalid_token') : '')
    expect(client.end()).toBe('closed')
  })

  it.each<[string, unknown, boolean]>([
    ['a text with a whole event', 'data: 1\n\n', true],
    ['a text with half an event', 'data: 1\n', false],
    ['a buffer', bytes('data: 1\n\n').buffer, false],
    ['an object', {}, false],
  ])('after a chunk of another kind, %s', async (_, chunk, isSent) => {
    const source = new ReadableStream({ start: (controller) => controller.enqueue(chunk) })
    const response = Object.defineProperty(new Response('', EVENTS), 'body', { value: source })
    const reader = liveResponse(response, (await liveAuthority()).authority).body?.getReader()
    expect((await reader?.read())?.value).toBe(chunk)
    await pass(LIFETIME_MS)
    const last = await reader?.read()
    expect(last?.done ? '' : new TextDecoder().decode(last?.value)).toBe(
      isSent ? lastEvent('invalid_token') : '',
    )
  })

  it.each([
    ['gzip', ''],
    ['br, identity', ''],
    ['identity', lastEvent('invalid_token')],
    ['', lastEvent('invalid_token')],
  ])('in a stream with Content-Encoding "%s"', async (encoding, text) => {
    const headers = { ...EVENTS.headers, ...(encoding !== '' && { 'content-encoding': encoding }) }
    const { client } = await streaming({ headers })
    await pass(LIFETIME_MS)
    expect([client.text(), client.end()]).toEqual([text, 'closed'])
  })

  it('onEnd is not asked about a file', async () => {
    const onEnd = vi.fn()
    const { client } = await streaming(FILE, { onEnd })
    await pass(LIFETIME_MS)
    expect(client.end()).toBeInstanceOf(AuthorityEndedError)
    expect(onEnd).not.toHaveBeenCalled()
  })
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

function fails(): never {
  throw new RangeError('hunter2')
}
