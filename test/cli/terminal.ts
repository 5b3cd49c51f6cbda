// The commands in a terminal, and what is left when whoever started them ends in whatever way.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { hasRedisServer } from '../../lab/redis-server.mjs'
import { type Dev, type InstalledCli, outcomeOf, post } from './installed.ts'

const COLOUR = '\u001b['

export function testTerminal(cli: InstalledCli) {
  /** Runs it with a terminal of its own, which `script` makes; its arguments are others on a Mac. */
  function inTerminal(args: readonly string[], variables: { readonly [name: string]: string } = {}) {
    const line = [cli.bin(), ...args]
    const script =
      process.platform === 'darwin'
        ? ['-q', '/dev/null', ...line]
        : ['-qec', `exec ${line.join(' ')}`, '/dev/null']
    const child = spawn('script', script, {
      env: { ...cli.environment({ variables }), TERM: 'xterm-256color' },
    })
    return { child, ended: outcomeOf(child) }
  }

  test('colours are for a terminal', async () => {
    const { ended } = inTerminal(['doctor'])
    const seen = await ended
    expect(seen.stdout).toContain(COLOUR)
    expect(seen.code).toBe(1)
    const { ended: plain } = inTerminal(['doctor'], { NO_COLOR: '1' })
    expect((await plain).stdout).not.toContain(COLOUR)
    const piped = await cli.run(['doctor'])
    expect(piped.stdout + piped.stderr).not.toContain(COLOUR)
    const json = await cli.run(['doctor', '--json'])
    expect(() => JSON.parse(json.stdout)).not.toThrow()
  })

  test('what waits for a paste says so', async () => {
    const { child, ended } = inTerminal(['revoke', '-'])
    child.stdout.once('data', () => child.stdin.write('\u0004'))
    const { code, stdout } = await ended
    expect([code, stdout]).toEqual([2, expect.stringMatching(/^paste the mandate.*there is no id/s)])
  })

  test('Ctrl-C in a terminal ends dev in good order', async () => {
    const { child, ended } = inTerminal(['dev', '--port', '0'])
    await new Promise<void>((resolve) => {
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += chunk
        if (text.includes('until Ctrl-C')) resolve()
      })
    })
    child.stdin.write('\u0003')
    expect(await ended).toMatchObject({ code: 0 })
  })

  test.each([
    ['that is done', ['--help'], 0, /^$/],
    ['that finds a fault', ['doctor'], 1, /one thing is wrong/],
  ])('a command %s ends so without a reader too', async (_title, args, expected, said) => {
    const child = cli.start(args)
    child.stdout.destroy()
    const { code, stderr } = await outcomeOf(child)
    expect([code, stderr]).toEqual([expected, expect.stringMatching(said)])
  })

  test('without a reader of messages a command is not ended either', async () => {
    const child = cli.start(['doctor'])
    child.stderr.destroy()
    const { code, stdout } = await outcomeOf(child)
    expect([code, stdout]).toEqual([1, expect.stringContaining('✗ environment')])
  })

  test.skipIf(!existsSync('/dev/full'))('output that cannot be written is said, and no success', async () => {
    const child = spawn('sh', ['-c', 'exec "$0" --help > /dev/full', cli.bin()], { env: cli.environment({}) })
    const { code, stderr } = await outcomeOf(child)
    expect([code, stderr]).toEqual([1, expect.stringMatching(/output could not be written \(ENOSPC\)/)])
  })

  test.skipIf(!hasRedisServer()).each([
    ['ended', async (dev: Dev) => void (await dev.end())],
    ['killed', async (dev: Dev) => void dev.child.kill('SIGKILL')],
  ])('no Redis is left when dev is %s', async (_how, end) => {
    const dev = await cli.dev()
    const { UPSTASH_REDIS_REST_URL: url = '', UPSTASH_REDIS_REST_TOKEN: token } = dev.variables
    const { body } = await post(url, ['CONFIG', 'GET', 'port'], { Authorization: `Bearer ${token}` })
    const port = Number(body.result[1])
    expect(await isOpen(port)).toBe(true)
    await end(dev)
    await expect.poll(() => isOpen(port), { timeout: 10_000 }).toBe(false)
  })

  test('dev ends with npx, which passes no signal on', async () => {
    const args = ['caracal-edge', 'dev', '--json', '--port', '0']
    const npx = spawn('npx', args, {
      cwd: cli.project(),
      env: cli.environment({}),
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const line = await new Promise<string>((resolve) => {
      npx.stdout.on('data', (chunk) => resolve(String(chunk)))
    })
    const port = Number(new URL(JSON.parse(line).url).port)
    npx.kill('SIGTERM')
    await expect.poll(() => isOpen(port), { timeout: 10_000 }).toBe(false)
  })
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
