// Even a killed test or demo leaves no process behind: what it started ends with it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { ROOT } from './support/running-program.ts'

test.each([
  ['a process', 1],
  ['a group of processes', -1],
])(
  '%s',
  async (_, sign) => {
    // Its processes inherit its output, so that the pipe is closed only when the last of them has ended.
    const program = `
    import { spawn } from 'node:child_process'
    import { endWithParent } from ${JSON.stringify(`${ROOT}lab/end-with-parent.mjs`)}
    const command = ${sign} < 0 ? 'sleep 60 & sleep 60' : 'exec sleep 60'
    const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
    endWithParent(${sign} * child.pid, new Promise(() => {}))
    process.kill(process.pid, 'SIGKILL')
  `
    const startedAt = performance.now()
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program])
    const [, signal] = await once(parent, 'close')
    expect(signal).toBe('SIGKILL')
    expect(performance.now() - startedAt).toBeLessThan(30_000)
  },
  70_000,
)
