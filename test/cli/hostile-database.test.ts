// Why a database did not answer, in words that quote nothing of it: behind REST, and by itself.

import type { Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { databaseInEnvironment } from '../../cli/database.ts'
import { checkStreams } from '../../cli/doctor/streams.ts'
import { redisFault } from '../../cli/redis-fault.ts'
import { deadLetters } from '../../cli/streams.ts'
import { MEBIBYTE, withServer, withSockets } from './raw-servers.ts'

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
    ['{"error":"S3CRET is what was sent"}', 400, 'Redis refuses'],
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

  test.each(['1', '"OK"', 'null', '{}', '["a"]', '[[1,["a","b"]]]', '[["1-1",null]]'])(
    'that replies %s is not said to have no dead letters',
    async (result) => {
      const body = `{"result":${result}}`
      const answer = `HTTP/1.1 200 X\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      await withServer(Buffer.from(answer), false, async (port) => {
        const read = deadLetters(upstashAt(port).command, 20)
        expect(await reasonOf(read)).toBe('what answers is no Redis')
      })
    },
  )

  test.each(['"0"', '"OK"', 'null', '{}', 'true', '-1', '0.5'])(
    'that replies %s to everything is not said to have lost nothing, and nothing unread',
    async (result) => {
      const body = `{"result":${result}}`
      const answer = `HTTP/1.1 200 X\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
      await withServer(Buffer.from(answer), false, async (port) => {
        const found = (await checkStreams(upstashAt(port), {})).filter(({ check }) => check !== 'heartbeat')
        // Of each stream three losses, itself, its groups and its dead letters.
        expect(found).toHaveLength(12)
        for (const finding of found)
          expect(finding).toMatchObject({ state: 'bad', text: expect.stringMatching(/is no Redis$/) })
      })
    },
  )

  test('that replies to nothing but the list of groups as it should does not say what is unread', async () => {
    const replies: { readonly [name: string]: unknown } = {
      EXISTS: 1,
      XINFO: [['name', 'resource-revocation', 'pending', 0, 'last-delivered-id', '0-0']],
      XRANGE: null,
    }
    const database = { ...upstashAt(1), command: async ([name]: readonly string[]) => replies[name ?? ''] }
    expect(await checkStreams(database, {})).toContainEqual(
      expect.objectContaining({
        state: 'bad',
        text: expect.stringMatching(
          /does not say how many messages of .* are unread: what answers is no Redis/,
        ),
      }),
    )
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
