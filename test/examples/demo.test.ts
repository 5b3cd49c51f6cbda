// The demo runs the examples: each example Worker in workerd, called over HTTP.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasRedisServer } from '../../lab/redis-server.mjs'
import { answerTo, curlLines, npmRun } from './support/examples.ts'

const run = promisify(execFile)
const demo = fileURLToPath(new URL('../../demo/demo.mjs', import.meta.url))

/** Rejects unless the demo ends with code 0. */
async function walk(...options: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [demo, ...options], { timeout: 110_000 })
  return stdout
}

test('the example Worker does what the demo expects', async () => {
  const output = await walk()
  expect(output).toMatch(/✓ (\d+) of \1 as expected/)
  expect(output.match(/^5\. .*/gm)).toEqual([
    '5. A stream that is open ends once its session is revoked at the Worker',
  ])
}, 120_000)

// If Redis is missing, the tests in test/redis report it; in CI they fail.
test.skipIf(!hasRedisServer())(
  'the one with Redis, its streams and a cron trigger does, too',
  async () => {
    const output = await walk('--redis')
    expect(output).toMatch(/✓ (\d+) of \1 as expected/)
    expect(output.match(/^5\. .*/gm)).toHaveLength(2)
  },
  90_000,
)

test('while it runs, the commands that it prints have the printed results', async () => {
  const program = npmRun('dev')
  try {
    await program.untilItPrints(/Ctrl-C ends it/)
    const [, url = ''] = /^worker +(\S+)/m.exec(program.output) ?? []
    const lines = curlLines(program.output)
    const revoke = lines.at(-1)
    const [reader] = lines
    if (revoke === undefined || reader === undefined) throw new Error(program.output)

    for (const line of lines.slice(0, -1)) expect((await answerTo(line, url)).title).toBe(line.title)
    expect(revoke.title).toBe('revoke the session, then try the first line again: 401')
    expect((await fetch(url + revoke.path, revoke.init)).status).toBe(200)
    expect((await answerTo(reader, url)).title).toBe('admitted: 401')
  } finally {
    await program.stop()
  }
}, 60_000)
