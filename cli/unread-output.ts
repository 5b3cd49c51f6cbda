// What becomes of output that cannot be written: the command goes on, and its exit code stays its own.

import { EXIT } from './failures.ts'
import { sayError } from './output.ts'

/** Whoever reads no more (`| head -1`) wants no more; nothing was lost that was wanted. */
const READER_GONE = 'EPIPE'

let fault: string | undefined

/** Without it, Node.js ends the process in the middle of what it does. */
export function watchOutput(): void {
  process.stdout.on('error', note)
  // There is nobody to tell.
  process.stderr.on('error', () => {})
}

function note(error: NodeJS.ErrnoException): void {
  fault ??= error.code ?? error.name
}

/**
 * The exit code of a command that would have ended with this one.
 * @param last of the last piece of output: its event is still to come
 */
export function codeAfterOutput(code: number, last: Error | null | undefined): number {
  if (last) note(last)
  if (fault === undefined || fault === READER_GONE || code !== EXIT.done) return code
  sayError(
    `the output could not be written (${fault}). What the command does is done: only its output is missing`,
  )
  return EXIT.failed
}
