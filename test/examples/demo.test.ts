// The demo is the examples at work: each example Worker in workerd, asked over HTTP like any other.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasRedisServer } from '../../scripts/redis-server.mjs'

const run = promisify(execFile)
const demo = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url))

/** Rejects unless the demo ends with code 0. */
async function walk(...options: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [demo, ...options], { timeout: 110_000 })
  return stdout
}

test('the example Worker does what the demo expects', async () => {
  expect(await walk()).toMatch(/✓ (\d+) of \1 as expected/)
}, 120_000)

// Where Redis is missing, the tests in test/redis say so; in CI they fail for it.
test.skipIf(!hasRedisServer())(
  'so does the one with Redis, its streams and a cron trigger',
  async () => {
    expect(await walk('--redis')).toMatch(/✓ (\d+) of \1 as expected/)
  },
  90_000,
)
