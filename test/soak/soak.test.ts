// A soak of a few seconds, which shows that the long one works: its promises hold and its counts are complete.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { hasRedisServer } from '../../lab/redis-server.mjs'

const run = promisify(execFile)
const soak = fileURLToPath(new URL('../../soak/soak.mjs', import.meta.url))

// If Redis is missing, the tests in test/redis report it; in CI they fail.
test.skipIf(!hasRedisServer())(
  'a short soak keeps every promise and counts every answer',
  async () => {
    // With this seed, Redis is killed first and started again.
    const env = { ...process.env, SOAK_MINUTES: '0.1', SOAK_SEED: '689' }
    const { stdout } = await run(process.execPath, [soak], { env, timeout: 60_000 })
    expect(stdout).toContain('✓ All promises held (SOAK_SEED=689)')
    const [, total] = /^(\d+) requests, and what came of them$/m.exec(stdout) ?? []
    const counts = [...stdout.matchAll(/^ +(\d+) {2}\S.*: (?:\d{3}|left|none)\b/gm)].map(([, count]) =>
      Number(count),
    )
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(Number(total))
    expect(stdout).toMatch(/^ +[1-9]\d* {2}mandate: 200$/m)
    expect(stdout).toMatch(/^ +[1-9]\d* {2}mandate: 503 revocation_unavailable$/m)
  },
  90_000,
)
