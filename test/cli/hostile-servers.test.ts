// What servers send that are not what they seem: a command line neither obeys nor hoards it.

import { createServer } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { fetchJson } from '../../cli/dev-client.ts'
import { print, printJson, say } from '../../cli/output.ts'
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

/** What a server answers to whatever it is sent, on and on if that is no end. */
async function withServer<T>(
  answer: Buffer,
  isEndless: boolean,
  use: (port: number) => Promise<T>,
): Promise<T> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    const send = () => {
      while (!socket.destroyed && socket.write(answer) && isEndless);
    }
    socket.once('data', send)
    if (isEndless) socket.on('drain', send)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  try {
    return await use(address instanceof Object ? address.port : 0)
  } finally {
    server.close()
  }
}

const MEBIBYTE = Buffer.alloc(1024 * 1024, 'x')

describe('from a Redis', () => {
  test.each([
    ['a length below zero', Buffer.from('*99999999\r\n$-7\r\n'), false],
    ['a length that is no number', Buffer.from('$1e9\r\n'), false],
    ['a list in a list in a list', Buffer.from('*1\r\n'.repeat(100_000)), false],
    ['another protocol', Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), false],
    ['a text without end', Buffer.concat([Buffer.from('$999999999\r\n'), MEBIBYTE]), true],
  ])('%s is an error, at once', async (_title, answer, isEndless) => {
    await withServer(answer, isEndless, async (port) => {
      await expect(sendCommands(port, [['PING']])).rejects.toThrow(/no RESP2|more than any reply/)
    })
  })
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
