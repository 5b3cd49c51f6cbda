// Tries the newest dependencies that the ranges of package.json allow, in a copy: `npm run newest`. What uses them is
// tested: the core and the conformance list for jose, the store against a real Redis for @upstash/redis. The newest
// commander is tested by test/cli, whose installation of the packed package knows no lock file.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './install.mjs'

const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const names = Object.keys(dependencies)
const folder = mkdtempSync(join(tmpdir(), 'caracal-edge-newest-'))
const LEFT_OUT = /(?:^|[\\/])(?:\.git|\.next|dist|node_modules)(?:[\\/]|$)/
/** Those that do not measure how long something takes. */
const STORE_TESTS = ['test/redis/upstash-store.test.ts', 'test/redis/upstash-store-contract.test.ts']
/** @param {readonly string[]} words */
const npm = (...words) =>
  execFileSync('npm', words, { cwd: folder, stdio: 'inherit', shell: process.platform === 'win32' })

try {
  cpSync(ROOT, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !LEFT_OUT.test(path.slice(ROOT.length)),
  })
  npm('ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts')
  npm('update', ...names, '--no-audit', '--no-fund', '--ignore-scripts')
  npm('ls', ...names, '--depth=0')
  npm('run', 'build')
  npm('run', 'check:types')
  npm('run', 'test:core')
  npm('exec', '--', 'vitest', 'run', '--project', 'node', 'test/conformance', ...STORE_TESTS)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
