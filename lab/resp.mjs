// @ts-check
// Sends commands to a real Redis in its own protocol (RESP2).

import { connect, isIP } from 'node:net'
import { connect as connectSecurely } from 'node:tls'

/** @typedef {string | number} Argument */
/** @typedef {readonly Argument[]} Command */
/** @typedef {string | number | null | Buffer | Error | Reply[]} Reply a status is a string, a value a Buffer */

/**
 * Where a Redis is, and what it wants to hear first.
 *
 * @typedef {object} RedisPlace
 * @property {string} host
 * @property {number} port
 * @property {boolean} [tls]
 * @property {readonly Command[]} [greeting] such as AUTH and SELECT; an error in reply to one rejects, and no command is
 *   sent
 */

/** More than any reply to a command of ours. */
const MAX_RECEIVED_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 16
const NO_RESP2 = 'Redis sent something that is no RESP2.'

/** Longer than all that is asked at once may take. */
const EXCHANGE_LIMIT_MS = 30_000

/**
 * Sends commands to Redis over a connection of their own, so that a transaction stays whole and a command that
 * blocks holds up nobody else.
 *
 * @param {number | RedisPlace} place a number is a port of this machine
 * @param {readonly Command[]} commands
 * @returns {Promise<Reply[]>} one for each; an error that Redis answers is a reply like any other
 */
export async function sendCommands(place, commands) {
  if (commands.length === 0) return []
  const {
    host,
    port,
    tls = false,
    greeting = [],
  } = typeof place === 'number' ? { host: '127.0.0.1', port: place } : place
  return new Promise((resolve, reject) => {
    // No address is a name of a server (RFC 6066 §3).
    const named = isIP(host) === 0 ? { servername: host } : {}
    const socket = tls ? connectSecurely({ host, port, ...named }) : connect(port, host)
    const limit = setTimeout(() => socket.destroy(new Error('Redis does not answer.')), EXCHANGE_LIMIT_MS)
    socket.on('error', reject).once('close', () => {
      clearTimeout(limit)
      reject(new Error('Redis closed the connection.'))
    })
    const send = (/** @type {readonly Command[]} */ some) => socket.write(Buffer.concat(some.map(encoded)))
    let isGreeted = greeting.length === 0
    /** @type {Reply[]} */
    let replies = []
    // Grows by doubling: a long reply comes in many pieces.
    let store = Buffer.alloc(0)
    let [begin, end] = [0, 0]
    socket.on('data', (chunk) => {
      if (end + chunk.length > store.length) {
        const grown = Buffer.allocUnsafe(2 * (end - begin) + chunk.length)
        store.copy(grown, 0, begin, end)
        ;[store, begin, end] = [grown, 0, end - begin]
      }
      chunk.copy(store, end)
      end += chunk.length
      const received = store.subarray(begin, end)
      if (received.length > MAX_RECEIVED_BYTES) {
        socket.destroy(new Error('Redis sends more than any reply can be.'))
        return
      }
      const wanted = isGreeted ? commands.length : greeting.length
      let at = 0
      while (replies.length < wanted) {
        const parsed = readAt(received, at)
        if (parsed === undefined) break
        if (parsed instanceof Error) {
          socket.destroy(parsed)
          return
        }
        replies.push(parsed.reply)
        at = parsed.end
      }
      begin += at
      if (isGreeted) {
        if (replies.length < wanted) return
        resolve(replies)
        socket.destroy()
        return
      }
      // Without its user or its database, a command would do something else.
      const refused = replies.find((reply) => reply instanceof Error)
      if (refused !== undefined) socket.destroy(refused)
      else if (replies.length === wanted) {
        isGreeted = true
        replies = []
        send(commands)
      }
    })
    send(isGreeted ? commands : greeting)
  })
}

/** @param {Command} command */
function encoded(command) {
  const parts = command.map((argument) => {
    const text = String(argument)
    return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  })
  return Buffer.from(`*${command.length}\r\n${parts.join('')}`)
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 */
function readAt(bytes, start) {
  try {
    return replyAt(bytes, start)
  } catch (error) {
    return error instanceof Error ? error : new Error(NO_RESP2)
  }
}

/** @param {string} line */
function lengthIn(line) {
  if (!/^\d{1,9}$/.test(line)) throw new Error(NO_RESP2)
  return Number(line)
}

/**
 * The reply that begins there (RESP2), and where it ends; `undefined` when it has not arrived in full.
 *
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} depth how many lists it is in
 * @throws {Error} if it is no reply
 * @returns {{ reply: Reply, end: number } | undefined}
 */
function replyAt(bytes, start, depth = 0) {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd < 0) return undefined
  const line = bytes.toString('utf8', start + 1, lineEnd)
  const next = lineEnd + 2
  switch (String.fromCharCode(bytes[start] ?? 0)) {
    case '+':
      return { reply: line, end: next }
    case '-':
      return { reply: new Error(line), end: next }
    case ':':
      if (!/^[+-]?\d{1,19}$/.test(line)) throw new Error(NO_RESP2)
      return { reply: Number(line), end: next }
    case '$': {
      if (line === '-1') return { reply: null, end: next }
      const end = next + lengthIn(line)
      return bytes.length < end + 2 ? undefined : { reply: bytes.subarray(next, end), end: end + 2 }
    }
    case '*':
      if (line === '-1') return { reply: null, end: next }
      if (depth === MAX_DEPTH) throw new Error(NO_RESP2)
      return listAt(bytes, next, lengthIn(line), depth + 1)
    default:
      throw new Error(NO_RESP2)
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} length
 * @param {number} depth
 */
function listAt(bytes, start, length, depth) {
  /** @type {Reply[]} */
  const reply = []
  let end = start
  while (reply.length < length) {
    const parsed = replyAt(bytes, end, depth)
    if (parsed === undefined) return undefined
    reply.push(parsed.reply)
    end = parsed.end
  }
  return { reply, end }
}
