// The test file with which docs/testing.md begins passes in the runners that it names, and the checks of guards in runtimes.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const [, program = ''] = /```js\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/testing.md'), 'utf8')) ?? []

// Within the package, which the file imports by its name.
const directory = mkdtempSync(join(ROOT, 'test/examples/runners-'))
afterAll(() => rmSync(directory, { recursive: true }))

test.each([
  { runner: 'node:test', command: process.execPath, args: ['--test'] },
  { runner: 'bun:test', command: join(ROOT, 'node_modules/.bin/bun'), args: ['test'] },
])('$runner', { timeout: 60_000 }, async ({ runner, command, args }) => {
  expect(program).toContain("from 'vitest'")
  const file = join(directory, `${runner.replace(':', '-')}.test.mjs`)
  writeFileSync(file, program.replace("from 'vitest'", `from '${runner}'`))
  const { stdout, stderr } = await promisify(execFile)(command, [...args, file], { cwd: ROOT })
  expect(stdout + stderr).toMatch(/\b(pass 5|5 pass)\b/)
})

test.each([
  { runtime: 'bun', args: ['run'] },
  { runtime: 'deno', args: ['run', '--allow-env'] },
])('our guard passes the whole list in $runtime', { timeout: 60_000 }, async ({ runtime, args }) => {
  const command = join(ROOT, 'node_modules/.bin', runtime)
  const program = join(ROOT, 'test/examples/support/conformance-run.mjs')
  const { stdout } = await promisify(execFile)(command, [...args, program], { cwd: ROOT })
  expect(JSON.parse(stdout)).toMatchObject({ failed: [] })
  expect(JSON.parse(stdout).asked).toBeGreaterThan(590)
})
