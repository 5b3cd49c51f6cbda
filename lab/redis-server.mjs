// @ts-check
// Starts a real Redis on a loopback port, for the tests and the demo. It ends with the process that started it.

import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endWithParent } from './end-with-parent.mjs'

export const HOW_TO_INSTALL = 'apt-get install redis-server, or brew install redis'

const START_LIMIT_MS = 10_000
const ANSWER_LIMIT_MS = 1_000

/** Whether there is a redis-server on PATH. */
export function hasRedisServer() {
  return programPath() !== undefined
}

/**
 * @typedef {object} RunningRedis
 * @property {number} port
 * @property {() => Promise<void>} stop ends it in good order
 * @property {() => Promise<void>} kill ends it as a crash would
 */

/**
 * @param {object} [options]
 * @param {number} [options.port] 0, the default, takes any free one
 * @param {string} [options.dir] where to keep what was written, so that it outlives even a crash; without it,
 *   everything is in memory alone
 * @returns {Promise<RunningRedis>}
 */
export async function startRedis({ port = 0, dir } = {}) {
  const program = programPath()
  if (program === undefined) throw new Error(`There is no redis-server on PATH: ${HOW_TO_INSTALL}.`)
  for (let triesLeft = port === 0 ? 3 : 1; ; triesLeft--) {
    try {
      return await start(program, port === 0 ? await freePort() : port, dir)
    } catch (error) {
      // Between being found free and being taken, the port may have gone to somebody else.
      if (triesLeft === 1) throw error
    }
  }
}

/**
 * @param {string} program
 * @param {number} port
 * @param {string | undefined} dir
 */
async function start(program, port, dir) {
  const kept = dir === undefined ? ['--appendonly', 'no'] : ['--appendonly', 'yes', '--appendfsync', 'always']
  const place = dir === undefined ? [] : ['--dir', dir]
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', ...kept, ...place]
  // In a process group of its own: Ctrl-C in a terminal is for the parent to answer.
  const redis = spawn(program, args, { stdio: 'ignore', detached: true })
  const ended = new Promise((resolve) => {
    redis.once('exit', resolve)
    redis.once('error', resolve)
  })
  redis.unref()
  if (redis.pid !== undefined) endWithParent(redis.pid, ended)

  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    redis.ref()
    redis.kill(signal)
    await ended
  }
  const limit = Date.now() + START_LIMIT_MS
  while (!(await isReady(port, redis.pid))) {
    if (redis.pid === undefined || redis.exitCode !== null || redis.signalCode !== null) {
      throw new Error(`redis-server ended before it was ready on port ${port}.`)
    }
    if (Date.now() > limit) {
      await end('SIGKILL')
      throw new Error(`redis-server was not ready on port ${port} within ${START_LIMIT_MS} ms.`)
    }
    await sleep(10)
  }
  return { port, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}

/**
 * Whether it is this very Redis that answers on the port, and has read what it keeps.
 *
 * @param {number} port
 * @param {number | undefined} pid
 * @returns {Promise<boolean>}
 */
function isReady(port, pid) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    const finish = () => {
      resolve(answer.startsWith('+PONG\r\n') && answer.includes(`\r\nprocess_id:${pid}\r\n`))
      socket.destroy()
    }
    socket.setTimeout(ANSWER_LIMIT_MS, finish).once('error', finish).once('close', finish)
    socket.on('data', (chunk) => {
      answer += chunk
      if (!answer.startsWith('+') || /\r\nprocess_id:\d+\r\n/.test(answer)) finish()
    })
    socket.write('PING\r\nINFO server\r\n')
  })
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('There is no free port.'))
        else resolve(address.port)
      })
    })
  })
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
