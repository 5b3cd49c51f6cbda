// The example MCP servers do for an agent what their demo expects.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { reasonToSkip } from './support/examples.ts'

const run = promisify(execFile)
const demo = fileURLToPath(new URL('../../demo/mcp.mjs', import.meta.url))

test.skipIf(reasonToSkip('mcp-bun.ts')).each([
  { file: 'mcp-worker.ts', options: [] },
  { file: 'mcp-bun.ts', options: ['--bun'] },
])(
  '$file',
  async ({ file, options }) => {
    const { stdout } = await run(process.execPath, [demo, ...options], { timeout: 80_000 })
    expect(stdout).toContain(`examples/${file} `)
    expect(stdout).toMatch(/✓ (\d+) of \1 as expected/)
  },
  90_000,
)

test('an option that does not exist is named', async () => {
  await expect(run(process.execPath, [demo, '--deno'])).rejects.toThrow('"--deno" is no option of the demo')
})
