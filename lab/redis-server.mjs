// @ts-check
// Starts a real Redis on a loopback port, for the tests and the demo. It ends with the process that started it.

import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithParent } from './end-with-parent.mjs'
import { listen } from './loopback.mjs'

export const HOW_TO_INSTALL = 'apt-get install redis-server, or brew install redis'

const START_LIMIT_MS = 10_000
const STOP_LIMIT_MS = 3_000

/** What it writes when it has read what it keeps, and the port is its own. */
const READY = /ready to accept connections/i
const LONGEST_LINE = 1_000

/** Whether there is a redis-server on PATH. */
export function hasRedisServer() {
  return programPath() !== undefined
}

/**
 * @typedef {object} RunningRedis
 * @property {number} port
 * @property {import('./resp.mjs').RedisPlace} place where it is, with its password
 * @property {() => Promise<void>} stop ends it in good order
 * @property {() => Promise<void>} kill ends it as a crash would
 */

/**
 * @typedef {object} RedisOptions
 * @property {number} [port] 0, the default, takes any free one
 * @property {string} [dir] where to keep what was written, so that it outlives even a crash; without it, everything is
 *   in memory alone
 * @property {string} [password] what clients must send first; without it, every user of the machine may use this Redis
 * @property {number} [startLimitMs] how long it may take to start
 */

/**
 * @param {RedisOptions} [options]
 * @returns {Promise<RunningRedis>}
 */
export async function startRedis({ port = 0, ...options } = {}) {
  const program = programPath()
  if (program === undefined) throw new Error(`There is no redis-server on PATH: ${HOW_TO_INSTALL}.`)
  for (let triesLeft = port === 0 ? 3 : 1; ; triesLeft--) {
    const started = await start(program, port === 0 ? await freePort() : port, options)
    if (!(started instanceof Error)) return started
    // Between being found free and being taken, the port may have gone to somebody else.
    if (triesLeft === 1) throw started
  }
}

/**
 * @param {string} program
 * @param {number} port
 * @param {RedisOptions} options
 * @returns {Promise<RunningRedis | Error>} an error if it ended by itself
 */
async function start(program, port, { dir, password, startLimitMs = START_LIMIT_MS }) {
  // A replica, or whoever sends SAVE, writes files.
  const place = dir ?? (await mkdtemp(join(tmpdir(), 'caracal-edge-redis-')))
  // In a process group of its own: Ctrl-C in a terminal is for the parent to answer.
  const redis = spawn(program, ['-'], { stdio: ['pipe', 'pipe', 'ignore'], detached: true })
  const ended = new Promise((resolve) => {
    redis.once('exit', resolve)
    redis.once('error', resolve)
  })
  if (redis.pid !== undefined) endWithParent(redis.pid, ended, dir === undefined ? place : undefined)

  /** @param {NodeJS.Signals} name */
  const end = async (name) => {
    redis.ref()
    redis.kill(name)
    // In the middle of a script it heeds nothing else.
    const limit = setTimeout(() => redis.kill('SIGKILL'), STOP_LIMIT_MS)
    await ended
    clearTimeout(limit)
    if (dir === undefined) await rm(place, { recursive: true, force: true })
  }
  const output = /** @type {import('node:net').Socket} */ (redis.stdout)
  redis.stdin.on('error', () => {})
  // Other users can read a command line.
  redis.stdin.end(configuration(port, place, dir !== undefined, password))
  const isReady = await Promise.race([
    untilWritten(output, READY).then(() => true),
    ended.then(() => false),
    sleep(startLimitMs, undefined, { ref: false }),
  ])
  if (isReady === undefined) {
    await end('SIGKILL')
    throw new Error(`redis-server was not ready on port ${port} within ${startLimitMs} ms.`)
  }
  if (!isReady) {
    await end('SIGKILL')
    return new Error(`redis-server ended before it was ready on port ${port}.`)
  }
  redis.unref()
  output.unref()
  const greeting = password === undefined ? [] : [['AUTH', password]]
  return {
    port,
    place: { host: '127.0.0.1', port, greeting },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

/**
 * @param {number} port
 * @param {string} place
 * @param {boolean} isKept
 * @param {string | undefined} password
 */
function configuration(port, place, isKept, password) {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${JSON.stringify(place)}`,
    'save ""',
    ...(isKept ? ['appendonly yes', 'appendfsync always'] : ['appendonly no']),
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    '',
  ].join('\n')
}

/**
 * Reads on after that: whoever writes to a full pipe waits.
 *
 * @param {import('node:stream').Readable} stream
 * @param {RegExp} pattern
 * @returns {Promise<void>}
 */
function untilWritten(stream, pattern) {
  return new Promise((resolve) => {
    let text = ''
    const read = (/** @type {unknown} */ chunk) => {
      text = `${text}${chunk}`.slice(-LONGEST_LINE)
      if (!pattern.test(text)) return
      stream.off('data', read).resume()
      resolve()
    }
    stream.on('data', read)
  })
}

async function freePort() {
  const { port, close } = await listen(createServer())
  await close()
  return port
}

/** @returns {string | undefined} */
function programPath() {
  const places = (process.env.PATH ?? '').split(delimiter).filter((place) => place !== '')
  return places.map((place) => join(place, 'redis-server')).find(isProgram)
}

/** @param {string} path */
function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
