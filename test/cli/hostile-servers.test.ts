// What servers send that are not what they seem: a command line neither obeys nor hoards it.

import type { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { fetchJson } from '../../cli/fetch-json.ts'
import { sendCommands } from '../../lab/resp.mjs'
import { MEBIBYTE, withServer, withSockets } from './raw-servers.ts'

describe('from a Redis', () => {
  test.each([
    ['a length below zero', Buffer.from('*99999999\r\n$-7\r\n')],
    ['a length that is no number', Buffer.from('$1e9\r\n')],
    ['a list in a list in a list', Buffer.from('*1\r\n'.repeat(100_000))],
    ['a number that is none', Buffer.from(':1e9\r\n')],
    ['another protocol', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  ])('%s is an error, at once', async (_title, answer) => {
    await withServer(answer, false, async (port) => {
      await expect(sendCommands(port, [['PING']])).rejects.toMatchObject({ kind: 'malformed' })
    })
  })

  test('a text without end is an error, at once', async () => {
    await withServer(Buffer.concat([Buffer.from('$999999999\r\n'), MEBIBYTE]), true, async (port) => {
      await expect(sendCommands(port, [['PING']])).rejects.toMatchObject({ kind: 'too large' })
    })
  })
})

describe('a Redis that wants a greeting', () => {
  test.each([
    ['refuses the password', ['-WRONGPASS no\r\n']],
    ['refuses the database', ['+OK\r\n-ERR DB index is out of range\r\n']],
    ['refuses the database later', ['+OK\r\n', '-ERR no\r\n']],
  ])('and %s is sent no command', async (_title, answers) => {
    let received = ''
    const left = [...answers]
    const serve = (socket: Socket) => {
      socket.on('data', (chunk) => {
        received += chunk
        for (const answer of left.splice(0)) socket.write(answer)
      })
    }
    await withSockets(serve, async (port) => {
      const greeting = [
        ['AUTH', 's3cret'],
        ['SELECT', '3'],
      ]
      const asked = sendCommands({ host: '127.0.0.1', port, greeting }, [['SET', 'marked', '1']])
      await expect(asked).rejects.toMatchObject({
        kind: 'refused',
        message: expect.stringMatching(/^(WRONGPASS|ERR) /),
      })
    })
    expect(received).toMatch(/AUTH.*SELECT/s)
    expect(received).not.toContain('marked')
  })

  test('and takes it is sent the commands then', async () => {
    let received = ''
    const serve = (socket: Socket) => {
      socket.on('data', (chunk) => {
        received += chunk
        socket.write(received.includes('GET') ? '$1\r\nx\r\n' : '+OK\r\n')
      })
    }
    await withSockets(serve, async (port) => {
      const place = { host: '127.0.0.1', port, greeting: [['SELECT', '3']] }
      expect(await sendCommands(place, [['GET', 'a']])).toEqual([Buffer.from('x')])
    })
  })
})

test('a Redis at an address is told no name of a server', async () => {
  const warnings = vi.spyOn(process, 'emitWarning')
  await withSockets(
    (socket) => socket.destroy(),
    async (port) => {
      await expect(sendCommands({ host: '127.0.0.1', port, tls: true }, [['PING']])).rejects.toThrow()
    },
  )
  expect(warnings).not.toHaveBeenCalled()
})

test.each([
  ['is silent', () => {}],
  [
    'sends a byte now and then',
    (socket: Socket) => {
      socket.write('$999\r\n')
      const trickle = setInterval(() => socket.write('x'), 5)
      socket.on('close', () => clearInterval(trickle))
    },
  ],
])('a Redis that %s is not waited for', async (_title, serve) => {
  // Node's own timers of sockets are not those.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    await withSockets(serve, async (port) => {
      const asked = sendCommands(port, [['PING']])
      const refused = expect(asked).rejects.toMatchObject({ kind: 'timeout' })
      await new Promise((resolve) => setImmediate(resolve))
      vi.advanceTimersByTime(30_000)
      await refused
    })
  } finally {
    vi.useRealTimers()
  }
})

test('an answer without end is not read to its end', async () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n')
  await withServer(Buffer.concat([head, MEBIBYTE]), true, async (port) => {
    const started = performance.now()
    expect(await fetchJson(`http://127.0.0.1:${port}/`)).toMatchObject({ status: 200, json: undefined })
    // It has ten seconds to answer in.
    expect(performance.now() - started).toBeLessThan(8_000)
  })
})
