// @ts-check
// A program in the foreground: however it ends, what it started is stopped first, and a failure is told in words.

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { listen } from './loopback.mjs'

const STOP_LIMIT_MS = 5_000

/** @type {(() => Promise<unknown>)[]} */
const stops = []
let ending = false
let serving = false

/**
 * Runs a program that gives whether it succeeded, or nothing when it is to stay until it is stopped.
 *
 * @param {() => Promise<boolean | void>} program
 * @param {{ serves: boolean }} options to be stopped from outside is what a server is made for, and no failure
 */
export async function runInForeground(program, { serves }) {
  serving = serves
  answerSignals()
  // npm passes a signal on to the shell it runs a script in, and the shell to nobody.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) {
    setInterval(() => process.ppid !== parent && end(serving ? 0 : 1), 250).unref()
  }
  try {
    if (!existsSync(new URL('../dist/testing.js', import.meta.url))) {
      throw new Error('There is no dist/ yet. Run `npm run build`, then this again.')
    }
    const succeeded = await program()
    if (succeeded !== undefined) await end(succeeded ? 0 : 1)
  } catch (error) {
    if (!ending) console.error(failureText(error))
    await end(1)
  }
}

/** @param {() => Promise<unknown>} stop */
export function onStop(stop) {
  stops.push(stop)
}

/** @param {number} code */
export async function end(code) {
  // A second Ctrl-C while stopping must not leave workerd behind.
  if (ending) return
  ending = true
  // Exiting kills workerd too, should stopping it in good order hang.
  setTimeout(() => process.exit(1), STOP_LIMIT_MS)
  await Promise.allSettled(stops.map((stop) => stop()))
  process.exit(code)
}

/** In place of whoever answered them before: wrangler exits at once, and with an error. */
export function answerSignals() {
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.removeAllListeners(signal)
    process.on(signal, () => end(serving ? 0 : 128 + number))
  }
}

/**
 * The port that PORT asks for, found free.
 *
 * @param {number} usual
 */
export async function portToUse(usual) {
  const port = Number(process.env.PORT ?? usual)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT must be a number from 0 to 65535, and it is "${process.env.PORT}".`)
  }
  // Whoever takes it would say it in a longer way, and later.
  const probe = await listen(createServer(), port).catch((error) => {
    throw new Error(`Port ${port} cannot be used (${error.message}). Set PORT to another, or to 0.`)
  })
  await probe.close()
  return port
}

/**
 * The messages of an error and of its causes. A stack would hide them, and mostly names wrangler's files.
 *
 * @param {unknown} error
 * @returns {string}
 */
function failureText(error) {
  if (!(error instanceof Error)) return String(error)
  const isNotInstalled = 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  const more = isNotInstalled
    ? 'Run `npm ci` and `npm run build` first.'
    : error.cause && failureText(error.cause)
  return more ? `${error.message}\n${more}` : error.message
}
