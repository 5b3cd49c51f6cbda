// How long a command that serves stays: until it is told to end, or whoever started it is gone.

import { fstatSync } from 'node:fs'

const PARENT_CHECK_MS = 250
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface Stay {
  /** Resolves when the command is to end. */
  readonly ended: Promise<void>
  /** Ends it from inside. Signals are answered from then on as before. */
  readonly end: () => void
}

export function startStay(): Stay {
  const { promise, resolve } = withResolver()
  // npm and npx pass a signal on to the shell that they run a script in, and the shell to nobody.
  const parent = process.ppid
  const isScript = process.env.npm_lifecycle_event !== undefined
  const watch = isScript ? setInterval(() => process.ppid !== parent && end(), PARENT_CHECK_MS) : undefined
  const end = () => {
    for (const signal of SIGNALS) process.off(signal, end)
    clearInterval(watch)
    if (isInput) process.stdin.destroy()
    resolve()
  }
  for (const signal of SIGNALS) process.on(signal, end)
  const isInput = isPipe()
  if (isInput) process.stdin.on('end', end).on('close', end).on('error', end).resume()
  return { ended: promise, end }
}

function withResolver() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

/** A program that started this one with a pipe for its input closes it when it ends. Anything else may be closed already. */
function isPipe(): boolean {
  try {
    const input = fstatSync(0)
    return input.isFIFO() || input.isSocket()
  } catch {
    return false
  }
}
