// @ts-check
// Ends a process when this one is gone, however that came about.

import { spawn } from 'node:child_process'

const SCRIPT = 'read -r _; kill -s KILL -- "$0"; [ -z "$1" ] || rm -rf -- "$1"'

/**
 * A shell waits for its input to end, which it does with this process: even a killed parent takes its child along.
 *
 * @param {number} pid the negative of one is its whole process group
 * @param {Promise<unknown>} ended settles when the process has ended by itself
 * @param {string} [place] a folder that is to go with it
 */
export function endWithParent(pid, ended, place = '') {
  // dash takes a negative id only after `-s`.
  const watch = spawn('/bin/sh', ['-c', SCRIPT, String(pid), place], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watch.on('error', () => process.kill(pid, 'SIGKILL'))
  watch.unref()
  const input = /** @type {import('node:net').Socket} */ (watch.stdin)
  input.on('error', () => {})
  input.unref()
  ended.then(() => watch.kill('SIGKILL'))
}
