// How long a command that serves stays: until it is told to end, or whoever started it is gone.

import { fstatSync } from 'node:fs'

const PARENT_CHECK_MS = 250
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** What has ended it. */
export type Ending = (typeof SIGNALS)[number] | 'input' | 'output' | 'starter' | 'itself'

interface Stay {
  /** Resolves when the command is to end. */
  readonly ended: Promise<Ending>
  /** Ends it from inside. Signals are answered from then on as before. */
  readonly end: () => void
}

/** @param needsReader whether it ends when its output can no longer be written */
export function startStay({ needsReader = false } = {}): Stay {
  const { promise, resolve } = withResolver()
  // npm and npx pass a signal on to the shell that they run a script in, and the shell to nobody.
  const parent = process.ppid
  const isScript = process.env.npm_lifecycle_event !== undefined
  const watch = isScript
    ? setInterval(() => process.ppid !== parent && endBy('starter'), PARENT_CHECK_MS)
    : undefined
  const isInput = isPipe()
  const onInput = () => endBy('input')
  const onOutput = () => endBy('output')
  const endBy = (ending: Ending) => {
    for (const signal of SIGNALS) process.off(signal, endBy)
    clearInterval(watch)
    if (isInput) process.stdin.destroy()
    process.stdout.off('error', onOutput)
    resolve(ending)
  }
  for (const signal of SIGNALS) process.on(signal, endBy)
  if (isInput) process.stdin.on('end', onInput).on('close', onInput).on('error', onInput).resume()
  if (needsReader) process.stdout.on('error', onOutput)
  return { ended: promise, end: () => endBy('itself') }
}

function withResolver() {
  let resolve = (_ending: Ending) => {}
  const promise = new Promise<Ending>((settle) => {
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
