// A command line as a shell takes it apart, without running its program.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export async function wordsOf(line: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `printf '%s\\0' ${line}`])
  return stdout.split('\0').slice(0, -1)
}
