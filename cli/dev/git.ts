// Whether a file with secrets would be in the next commit.

import { spawnSync } from 'node:child_process'
import { basename, dirname } from 'node:path'

const LIMIT_MS = 2_000

/** Not where there is no git or no repository: then nobody commits it. */
export function isUnignored(file: string): boolean {
  // A repository may name a program as its monitor, which nobody asked for here.
  const args = ['-c', 'core.fsmonitor=false', 'check-ignore', '-q', '--', basename(file)]
  // Nor one to fetch what it lacks: no way to fetch is allowed.
  const env = { ...process.env, GIT_ALLOW_PROTOCOL: '' }
  const { status } = spawnSync('git', args, { cwd: dirname(file), env, stdio: 'ignore', timeout: LIMIT_MS })
  return status === 1
}
