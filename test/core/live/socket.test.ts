// A WebSocket that closes with the authority. The sockets are like those of the runtimes in what they can do.

import { type ClosableSocket, liveSocket } from 'caracal-edge/live'
import { WSContext } from 'hono/ws'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, pass } from '../support/held-clock.ts'
import { LIFETIME_MS, liveAuthority } from '../support/live-authority.ts'
import { recorded } from '../support/live-body.ts'

holdClock()

const LOOK_MS = 5_000

const [CONNECTING, OPEN, CLOSING, CLOSED] = [0, 1, 2, 3]

/** As Bun's: it has a state, and tells nothing. */
class QuietSocket {
  readyState = OPEN
  readonly closings: unknown[] = []
  close(...how: readonly unknown[]): void {
    this.closings.push(how)
    this.readyState = CLOSED
  }
}

/** As those of Workers, Deno and `ws`: it tells when it opens and closes, and throws at a wrong time. */
class TellingSocket extends EventTarget {
  readyState = OPEN
  readonly #listeners = new Set<unknown>()
  readonly closings: unknown[] = []
  get listeners(): number {
    return this.#listeners.size
  }
  override addEventListener(...given: Parameters<EventTarget['addEventListener']>): void {
    this.#listeners.add(given[1])
    super.addEventListener(...given)
  }
  override removeEventListener(...given: Parameters<EventTarget['removeEventListener']>): void {
    this.#listeners.delete(given[1])
    super.removeEventListener(...given)
  }
  close(...how: readonly unknown[]): void {
    if (this.readyState !== OPEN) throw new TypeError('hunter2')
    this.closings.push(how)
    this.readyState = CLOSING
  }
  become(readyState: number, event: string): void {
    this.readyState = readyState
    this.dispatchEvent(new Event(event))
  }
}

/** As Hono's context of a socket. On Bun its state is that of the moment when it was made. */
function inContext<Socket extends QuietSocket | TellingSocket>(raw: Socket) {
  return new WSContext<Socket>({
    raw,
    readyState: 1,
    send() {},
    close: (code, reason) => raw.close(code, reason),
  })
}

const KINDS: {
  readonly [kind: string]: () => readonly [socket: ClosableSocket, raw: QuietSocket | TellingSocket]
} = {
  'a socket with events': () => ofItself(new TellingSocket()),
  'a socket without events': () => ofItself(new QuietSocket()),
  "Hono's context of one with events": () => withContext(new TellingSocket()),
  "Hono's context of one without events": () => withContext(new QuietSocket()),
}
function ofItself<Socket extends QuietSocket | TellingSocket>(socket: Socket) {
  return [socket, socket] as const
}
function withContext<Socket extends QuietSocket | TellingSocket>(socket: Socket) {
  return [inContext(socket), socket] as const
}
const kinds = Object.entries(KINDS)

const left = (raw: QuietSocket | TellingSocket, record: { listeners(): number }) => [
  vi.getTimerCount(),
  record.listeners(),
  'listeners' in raw ? raw.listeners : 0,
]

describe.each(kinds)('%s', (_, make) => {
  it('is closed with 1008 and the code when the mandate expires', async () => {
    const [socket, raw] = make()
    const record = recorded((await liveAuthority()).authority)
    liveSocket(socket, record.watched)
    await pass(LIFETIME_MS - 1)
    expect(raw.closings).toEqual([])
    await pass(1)
    expect(raw.closings).toEqual([[1008, 'invalid_token']])
    expect(left(raw, record)).toEqual([0, 0, 0])
  })

  it.each([
    ['session_revoked', () => ({ revoked: true, delegationEpoch: 0 }), 1_000],
    ['delegation_stale', () => ({ revoked: false, delegationEpoch: 5 }), 1_000],
    ['revocation_unavailable', () => Promise.reject(new Error('down')), 2_000],
  ])('is closed with %s at the check', async (code, answer, ms) => {
    const [socket, raw] = make()
    const { authority, answers } = await liveAuthority()
    liveSocket(socket, authority, { recheckEveryMs: 1_000 })
    answers(answer)
    await pass(ms - 1)
    expect(raw.closings).toEqual([])
    await pass(1)
    expect(raw.closings).toEqual([[1008, code]])
  })

  it('is closed at once if the authority has ended before', async () => {
    const [socket, raw] = make()
    const record = recorded((await liveAuthority()).authority)
    vi.setSystemTime(Date.now() + LIFETIME_MS)
    liveSocket(socket, record.watched)
    expect(raw.closings).toEqual([[1008, 'invalid_token']])
    expect(left(raw, record)).toEqual([0, 0, 0])
  })

  it.each([CLOSING, CLOSED])('is not watched in the state %d', async (readyState) => {
    const [socket, raw] = make()
    raw.readyState = readyState
    const record = recorded((await liveAuthority()).authority)
    expect(liveSocket(socket, record.watched, { recheckEveryMs: 1_000 })()).toBeUndefined()
    expect([...left(raw, record), record.signals.length]).toEqual([0, 0, 0, 0])
    expect(raw.closings).toEqual([])
  })

  it('that has closed is noticed, and not closed again', async () => {
    const [socket, raw] = make()
    const { authority, asked } = await liveAuthority()
    const record = recorded(authority)
    liveSocket(socket, record.watched, { recheckEveryMs: 10_000 })
    await pass(LOOK_MS)
    if ('become' in raw) raw.become(CLOSED, 'close')
    else raw.readyState = CLOSED
    await pass('become' in raw ? 0 : LOOK_MS)
    expect(left(raw, record)).toEqual([0, 0, 0])
    const before = asked()
    await pass(LIFETIME_MS)
    expect([raw.closings, asked()]).toEqual([[], before])
  })

  it('that is closing when the authority ends is left alone', async () => {
    const [socket, raw] = make()
    const record = recorded((await liveAuthority({}, 3)).authority)
    liveSocket(socket, record.watched)
    raw.readyState = CLOSING
    await pass(3_000)
    expect(raw.closings).toEqual([])
    expect(left(raw, record)).toEqual([0, 0, 0])
  })

  it.each<[string, (giveUp: () => void, until: AbortController) => void]>([
    ['the function that is returned', (giveUp) => giveUp()],
    ['that function, called twice', (giveUp) => [giveUp(), giveUp()]],
    ['until', (_giveUp, until) => until.abort()],
  ])('stays open when the watch is given up by %s', async (_, act) => {
    const [socket, raw] = make()
    const until = new AbortController()
    const { authority, asked, events } = await liveAuthority()
    const record = recorded(authority)
    record.count(until.signal)
    act(liveSocket(socket, record.watched, { recheckEveryMs: 1_000, until: until.signal }), until)
    expect(left(raw, record)).toEqual([0, 0, 0])
    await pass(2 * LIFETIME_MS)
    expect([raw.closings, asked(), events]).toEqual([[], 0, []])
  })

  it('is not watched if until has fired already', async () => {
    const [socket, raw] = make()
    const record = recorded((await liveAuthority()).authority)
    liveSocket(socket, record.watched, { until: AbortSignal.abort() })
    expect(left(raw, record)).toEqual([0, 0, 0])
  })

  it('a watch that is given up after the end closes nothing again', async () => {
    const [socket, raw] = make()
    const giveUp = liveSocket(socket, (await liveAuthority()).authority)
    await pass(LIFETIME_MS)
    giveUp()
    await pass(LIFETIME_MS)
    expect(raw.closings).toHaveLength(1)
  })
})

describe('a socket that is still connecting when the authority ends', () => {
  it('is closed when it is open: before, the close would not reach the client on Deno', async () => {
    const socket = new TellingSocket()
    socket.readyState = CONNECTING
    const { authority } = await liveAuthority()
    vi.setSystemTime(Date.now() + LIFETIME_MS)
    liveSocket(socket, authority)
    expect(socket.closings).toEqual([])
    socket.become(OPEN, 'open')
    expect(socket.closings).toEqual([[1008, 'invalid_token']])
  })

  it('is left alone if it never opens', async () => {
    const socket = new TellingSocket()
    socket.readyState = CONNECTING
    liveSocket(socket, (await liveAuthority()).authority)
    await pass(LIFETIME_MS)
    socket.become(CLOSED, 'close')
    socket.become(CLOSED, 'open')
    expect(socket.closings).toEqual([])
  })

  it('is watched as any other if it opens before', async () => {
    const socket = new TellingSocket()
    socket.readyState = CONNECTING
    liveSocket(socket, (await liveAuthority()).authority)
    socket.become(OPEN, 'open')
    await pass(LIFETIME_MS)
    expect(socket.closings).toEqual([[1008, 'invalid_token']])
  })
})

it('a socket that cannot be closed throws nowhere, the log says so, and it is tried again', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  let isAccepted = false
  const raw = new QuietSocket()
  const socket = {
    get readyState() {
      return raw.readyState
    },
    close(code: number, reason: string) {
      if (!isAccepted) throw new TypeError('hunter2')
      raw.close(code, reason)
    },
  }
  const { authority } = await liveAuthority()
  vi.setSystemTime(Date.now() + LIFETIME_MS)
  liveSocket(socket, authority)
  await pass(2 * LOOK_MS)
  expect(log.mock.calls.map(([line]) => line)).toEqual([
    'caracal-edge: a WebSocket whose authority has ended could not be closed: TypeError',
  ])
  isAccepted = true
  await pass(LOOK_MS)
  expect(raw.closings).toEqual([[1008, 'invalid_token']])
  expect(vi.getTimerCount()).toBe(0)
  log.mockRestore()
})

it('what looks at a quiet socket does not keep a process alive', async () => {
  const { authority } = await liveAuthority()
  const unref = vi.fn()
  vi.stubGlobal('setTimeout', () => ({ unref }))
  liveSocket(new QuietSocket(), authority)
  expect(unref).toHaveBeenCalledTimes(2)
  vi.unstubAllGlobals()
})
