// How `caracal-edge dev` starts and ends, and what it leaves behind.

import { execFileSync } from 'node:child_process'
import { readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type InstalledCli, outcomeOf } from './installed.ts'

export function testStart(cli: InstalledCli) {
  test('what it prints is for a shell, and Ctrl-C ends it', async () => {
    const child = cli.start(['dev', '--port', '0'])
    const ended = outcomeOf(child)
    await new Promise((resolve) => child.stderr.once('data', resolve))
    child.kill('SIGINT')
    const { code, stdout } = await ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^(# .*\n|export [A-Z_]+='[^']*'\n)+$/)
    expect(stdout.match(/^export/gm)).toHaveLength(6)
  })

  test('no name of a file adds a line to what a shell reads', async () => {
    const child = cli.start(['dev', '--port', '0', '--write', 'new\nvars.env'])
    const ended = outcomeOf(child)
    await new Promise((resolve) => child.stderr.once('data', resolve))
    child.kill('SIGINT')
    expect((await ended).stdout).toMatch(/^(# .*\n)+$/)
    await rm(join(cli.project(), 'new\nvars.env'))
  })

  test('a port that is taken is said', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = address instanceof Object ? String(address.port) : ''
    const { code, stdout, stderr } = await cli.run(['dev', '--port', port])
    other.close()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`port ${port} is taken`)
    expect(stderr).not.toMatch(/\n\s+at /)
  })

  test('a file is written beside what is in it, and nothing is replaced unasked', async () => {
    const file = join(cli.project(), '.env')
    await writeFile(file, 'MINE=1', { mode: 0o600 })
    const first = await cli.dev(['--write'])
    const port = new URL(first.url).port
    await first.end()
    const written = await readFile(file, 'utf8')
    expect(written).toMatch(/^MINE=1\nCARACAL_STS_URL=http/)
    expect((await stat(file)).mode & 0o077).toBe(0)

    // The same address again: the secrets in the file stay right.
    const second = cli.start(['dev', '--write', '--port', port])
    const ended = outcomeOf(second)
    await new Promise((resolve) => second.stderr.once('data', resolve))
    second.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 0 })
    expect(await readFile(file, 'utf8')).toBe(written)

    const refused = await cli.run(['dev', '--write', '--port', '0'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(/\.env has other values for CARACAL_STS_URL.*--force/)
    for (const value of written.match(/[0-9a-f]{40,}/g) ?? []) expect(refused.stderr).not.toContain(value)
    expect(await readFile(file, 'utf8')).toBe(written)

    const odd = await cli.run(['dev', '--port', '0', '--write', '.vars', '--audience', 'resource://a"b'])
    expect([odd.code, odd.stderr]).toEqual([
      2,
      expect.stringContaining('.vars cannot hold the value of CARACAL_AUDIENCE'),
    ])

    await symlink(file, join(cli.project(), 'link'))
    const link = await cli.run(['dev', '--port', '0', '--write', 'link', '--force'])
    expect([link.code, link.stderr]).toEqual([2, expect.stringContaining('link is a symbolic link')])

    execFileSync('git', ['init', '--quiet', cli.project()])
    const forced = await cli.dev(['--write', '--force'])
    expect((await forced.end()).stderr).toContain('.env holds secrets, and git does not ignore it')
    await rm(join(cli.project(), '.git'), { recursive: true })
    const replaced = await readFile(file, 'utf8')
    expect(replaced).toMatch(/^MINE=1\n/)
    expect(replaced.match(/CARACAL_STS_URL/g)).toHaveLength(1)
    expect(replaced).toContain(`CARACAL_STS_URL=${forced.url}\n`)
  })

  test('a Redis that is named is used, and a password is no argument', async () => {
    const secret = await cli.run(['dev', '--redis', 'redis://user:s3cret@localhost:6379'])
    expect([secret.code, secret.stderr.includes('s3cret')]).toEqual([2, false])
    // A name alone is what AUTH is sent.
    const alone = await cli.run(['dev', '--port', '0', '--redis', 'redis://s3cret@127.0.0.1:1'])
    expect([alone.code, alone.stderr.includes('s3cret')]).toEqual([2, false])
    expect(await cli.run(['dev', '--redis'])).toMatchObject({ code: 2 })
    const refused = await cli.run(['dev', '--port', '0', '--redis'], {
      variables: { REDIS_URL: 'redis://u:s3cret@127.0.0.1:1' },
    })
    expect([refused.code, refused.stderr.includes('s3cret')]).toEqual([1, false])
    expect(refused.stderr).toContain('127.0.0.1:1 does not answer')
  })
}
