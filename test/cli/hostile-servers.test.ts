// What servers send that are not what they seem: a command line neither obeys nor hoards it.

import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { databaseInEnvironment } from '../../cli/database.ts'
import { fetchJson } from '../../cli/fetch-json.ts'
import { print, printJson, say } from '../../cli/output.ts'
import { redisFault } from '../../cli/redis-fault.ts'
import { sendCommands } from '../../lab/resp.mjs'

/** It retitles the window, clears the screen by one character, turns the text around, and hides a tag in it. */
const EVIL = 'a\u001b]0;x\u0007\u009b2J\u202eb\u2028c\rd\u{e0041}\u001b[8m'
const OBEYED = /[\p{Cc}\p{Cf}\u2028\u2029]/u

describe('on a terminal', () => {
  const written: string[] = []
  afterEach(() => {
    vi.restoreAllMocks()
    written.length = 0
  })

  test.each([
    ['a result', 'stdout', () => print(`x ${EVIL}`)],
    ['a message', 'stderr', () => say(`x ${EVIL}`)],
    ['JSON', 'stdout', () => printJson({ text: EVIL })],
  ] as const)('%s moves nothing', (_title, stream, write) => {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    write()
    const [text = ''] = written
    expect(text.endsWith('\n')).toBe(true)
    expect(text.slice(0, -1)).not.toMatch(OBEYED)
    if (text.startsWith('{')) expect(JSON.parse(text)).toEqual({ text: EVIL })
  })

  test('colours and line breaks stay', () => {
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text))
      return true
    })
    const text = '\u001b[32mgood\u001b[39m\n\u001b[2mbetter\u001b[22m'
    print(text)
    expect(written).toEqual([`${text}\n`])
  })
})

/** Serves with a handler of its own for each connection. */
async function withSockets<T>(
  serve: (socket: Socket) => void,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await use(address instanceof Object ? address.port : 0)
  } finally {
    server.close()
  }
}

/** What a server answers to whatever it is sent, on and on if that is no end. */
async function withServer<T>(
  answer: Buffer,
  isEndless: boolean,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const serve = (socket: Socket) => {
    const send = () => {
      while (!socket.destroyed && socket.write(answer) && isEndless);
    }
    socket.once('data', send)
    if (isEndless) socket.on('drain', send)
  }
  return withSockets(serve, use)
}

const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x')

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

describe('a database', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
  })

  const upstashAt = (port: number) => {
    vi.stubEnv('UPSTASH_REDIS_REST_URL', `http://127.0.0.1:${port}`)
    vi.stubEnv('UPSTASH_REDIS_REST_TOKEN', 's3cret')
    return databaseInEnvironment()
  }
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => 'none',
      (error: unknown) => redisFault(error).text,
    )

  test('with an answer without end behind REST is not read to its end', async () => {
    const head = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n')
    await withServer(Buffer.concat([head, MEBIBYTE]), true, async (port) => {
      expect(await reasonOf(upstashAt(port).command(['GET', 'a']))).toBe('the answer is more than 16 MiB')
    })
  })

  test.each([
    ['{"error":"NOPERM \\u001b[2J s3cret"}', 400, 'Redis says NOPERM'],
    ['{"error":"Unauthorized"}', 401, 'Redis refuses'],
    ['{"result":"1"}', 500, 'what answers is no Redis'],
    ['<html>', 200, 'what answers is no Redis'],
    ['{}', 200, 'what answers is no Redis'],
  ])('that answers %s', async (body, status, text) => {
    const answer = `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    await withServer(Buffer.from(answer), false, async (port) => {
      expect(await reasonOf(upstashAt(port).command(['GET', 'a']))).toBe(text)
    })
  })

  test.each([
    ['-NOPERM no\r\n', 'Redis says NOPERM'],
    ['HTTP/1.1 400 Bad Request\r\n\r\n', 'what answers is no Redis'],
  ])('by itself that answers %j', async (answer, text) => {
    await withServer(Buffer.from(answer), false, async (port) => {
      for (const user of ['', 'user:s3cret@']) {
        vi.stubEnv('REDIS_URL', `redis://${user}127.0.0.1:${port}`)
        expect(await reasonOf(databaseInEnvironment().command(['GET', 'a']))).toBe(text)
      }
    })
  })

  test.each([
    [
      'ends the connection',
      (socket: Socket) => socket.destroy(),
      'no connection (the connection was closed)',
    ],
    ['resets it', (socket: Socket) => socket.resetAndDestroy(), 'no connection (ECONNRESET)'],
  ])('by itself that %s', async (_title, serve, text) => {
    await withSockets(
      (socket) => socket.once('data', () => serve(socket)),
      async (port) => {
        vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${port}`)
        expect(await reasonOf(databaseInEnvironment().command(['GET', 'a']))).toBe(text)
      },
    )
  })

  test('by itself whose answer has no end is not read to its end', async () => {
    await withServer(Buffer.concat([Buffer.from('$999999999\r\n'), MEBIBYTE]), true, async (port) => {
      vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${port}`)
      const reason = await reasonOf(databaseInEnvironment().command(['GET', 'a']))
      expect(reason).toBe('the answer is more than 16 MiB')
    })
  })

  test('that drips its reply has ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await withServer(Buffer.from('$9\r\nab'), false, async (port) => {
      vi.stubEnv('REDIS_URL', `redis://127.0.0.1:${port}`)
      const reason = reasonOf(databaseInEnvironment().command(['GET', 'a']))
      await vi.advanceTimersByTimeAsync(10_000)
      expect(await reason).toBe('no answer within 10 seconds')
    })
  })

  test('that takes its time with each command has thirty seconds for all', async () => {
    const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{"result":1}')
    await withServer(answer, false, async (port) => {
      const { command } = upstashAt(port)
      expect(await command(['GET', 'a'])).toBe(1)
      const now = performance.now()
      vi.spyOn(performance, 'now').mockImplementation(() => now + 30_001)
      expect(await reasonOf(command(['GET', 'a']))).toBe('no answer within 30 seconds for everything')
    })
  })
})
