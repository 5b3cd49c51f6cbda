// The redis-server that `dev` starts: nobody else on the machine may use it, and a broken one stops nobody.

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openRedis } from '../../cli/dev/redis.ts'
import { hasRedisServer, startRedis } from '../../lab/redis-server.mjs'
import { sendCommands } from '../../lab/resp.mjs'

let place = ''
let said = ''

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'caracal-edge-own-redis-'))
  await mkdir(join(place, 'tmp'))
  vi.stubEnv('TMPDIR', join(place, 'tmp'))
  said = ''
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text
    return true
  })
})
afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  await rm(place, { recursive: true })
})

describe.skipIf(!hasRedisServer())('a redis-server of its own', () => {
  test('wants a password, which is on no command line, and leaves no file', async () => {
    const password = 'pass-word-of-this-test'
    const redis = await startRedis({ password })
    try {
      const [refused] = await sendCommands(redis.port, [['SET', 'a', 'b']])
      expect(String(refused)).toContain('NOAUTH')
      expect(await sendCommands(redis.place, [['PING'], ['SAVE']])).toEqual(['PONG', 'OK'])
      expect(await readdir(join(place, 'tmp'))).toHaveLength(1)
      const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
      expect(processes).toContain(`redis-server 127.0.0.1:${redis.port}`)
      expect(processes).not.toContain(password)
    } finally {
      await redis.stop()
    }
    expect(await readdir(join(place, 'tmp'))).toEqual([])
  })

  test('ends in the middle of a script too', async () => {
    const redis = await startRedis()
    await sendCommands(redis.port, [['CONFIG', 'SET', 'lua-time-limit', '50']])
    const endless = sendCommands(redis.port, [['EVAL', 'while true do end', '0']]).catch(() => 'cut')
    // Within a script, it tells everybody that it is busy.
    await vi.waitFor(
      async () => expect(String(await sendCommands(redis.port, [['PING']]))).toMatch(/BUSY/),
      10_000,
    )
    await redis.stop()
    expect(await endless).toBe('cut')
  }, 30_000)

  test('leaves nothing when the program that started it is killed', async () => {
    const lab = new URL('../../lab/redis-server.mjs', import.meta.url)
    const code = `const { startRedis } = await import(${JSON.stringify(lab.href)})
      const redis = await startRedis()
      console.log(redis.port)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const port = Number(
      await new Promise((resolve) => child.stdout.once('data', (text) => resolve(String(text)))),
    )
    expect(await readdir(join(place, 'tmp'))).toHaveLength(1)
    expect(await sendCommands(port, [['PING'], ['SAVE']])).toEqual(['PONG', 'OK'])
    child.kill('SIGKILL')
    await vi.waitFor(async () => expect(await readdir(join(place, 'tmp'))).toEqual([]), 5_000)
    await expect(sendCommands(port, [['PING']])).rejects.toThrow()
  })

  test('is what dev starts', async () => {
    const redis = await openRedis(undefined)
    try {
      expect(redis.kind).toBe('redis-server')
      const [ours] = await redis.run([['CONFIG', 'GET', 'port']])
      const port = Number(Array.isArray(ours) ? String(ours[1]) : 0)
      expect(String((await sendCommands(port, [['GET', 'a']]))[0])).toContain('NOAUTH')
      const shown = await redis.run(
        ['bind', 'save', 'appendonly', 'requirepass'].map((name) => ['CONFIG', 'GET', name]),
      )
      const values = shown.map((reply) => String(Array.isArray(reply) ? reply[1] : reply))
      expect(values).toEqual(['127.0.0.1', '', 'no', expect.stringMatching(/^[0-9a-f]{64}$/)])
      expect([redis.title, said].join()).not.toContain(values[3])
    } finally {
      await redis.stop()
    }
  })
})

describe('a redis-server that does not start', () => {
  async function withProgram(text: string) {
    const path = join(place, 'redis-server')
    await writeFile(path, text)
    chmodSync(path, 0o755)
    vi.stubEnv('PATH', `${place}${delimiter}${process.env.PATH}`)
  }

  test.each([
    ['ends at once', '#!/bin/sh\nexit 1\n'],
    ['is no program', '\u0000\u0001'],
    ['is for a shell that is not there', '#!/none/sh\n'],
  ])('because it %s is said, and the Redis is in memory', async (_title, text) => {
    await withProgram(text)
    const redis = await openRedis(undefined)
    expect(redis.kind).toBe('memory')
    expect(redis.title).toContain('does not start')
    expect(said).toMatch(/redis-server on the PATH does not start: run it by itself.* in memory/)
    expect(await redis.run([['PING']])).toEqual(['PONG'])
    expect(await readdir(join(place, 'tmp'))).toEqual([])
  })

  test('because it never listens is not waited for', async () => {
    await withProgram('#!/bin/sh\nexec sleep 60\n')
    await expect(startRedis({ startLimitMs: 200 })).rejects.toThrow(/not ready on port \d+ within 200 ms/)
    expect(await readdir(join(place, 'tmp'))).toEqual([])
  })
})
