// Runs the core tests with the newest dependencies that the ranges of package.json allow, in a copy: `npm run newest`.

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './install.mjs'

const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const names = Object.keys(dependencies)
const folder = mkdtempSync(join(tmpdir(), 'caracal-edge-newest-'))
const LEFT_OUT = /(?:^|[\\/])(?:\.git|\.next|dist|node_modules)(?:[\\/]|$)/
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
} finally {
  rmSync(folder, { recursive: true, force: true })
}
