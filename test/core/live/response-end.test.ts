// How a response whose body ends with the authority ends, and its last event.

import { AuthorityEndedError, type Denial } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, pass } from '../support/held-clock.ts'
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
import { fails, lastEvent, left, REVOKED, streaming } from '../support/live-response.ts'

holdClock()

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
