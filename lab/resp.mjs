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
export const MAX_RECEIVED_BYTES = 16 * 1024 * 1024
const MAX_DEPTH = 16

/** Longer than all that is asked at once may take. */
export const EXCHANGE_LIMIT_MS = 30_000

/** Why there are no replies. */
export class RespFault extends Error {
  /**
   * @param {'refused' | 'malformed' | 'too large' | 'timeout' | 'network'} kind `refused` is an error in reply to the
   *   greeting, whose text is the message
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(kind, message, options) {
    super(message, options)
    this.kind = kind
  }
}

/**
 * Sends commands to Redis over a connection of their own, so that a transaction stays whole and a command that
 * blocks holds up nobody else.
 *
 * @param {number | RedisPlace} place a number is a port of this machine
 * @param {readonly Command[]} commands
 * @returns {Promise<Reply[]>} one for each; an error that Redis answers is a reply like any other
 * @throws {RespFault} (rejects) if there is not a reply for each
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
    const fail = (/** @type {unknown} */ error) => {
      reject(error instanceof RespFault ? error : networkFault(error))
      socket.destroy()
    }
    const limit = setTimeout(
      () => fail(new RespFault('timeout', 'Redis does not answer.')),
      EXCHANGE_LIMIT_MS,
    )
    socket.on('error', fail).once('close', () => {
      clearTimeout(limit)
      fail(new RespFault('network', 'the connection was closed'))
    })
    const send = (/** @type {readonly Command[]} */ some) => socket.write(Buffer.concat(some.map(encoded)))
    const received = new Received()
    let isGreeted = greeting.length === 0
    /** @type {Reply[]} */
    let replies = []
    const read = () => {
      const wanted = isGreeted ? commands.length : greeting.length
      received.take(replies, wanted)
      // Without its user or its database, a command would do something else.
      const refused = isGreeted ? undefined : replies.find((reply) => reply instanceof Error)
      if (refused !== undefined) throw new RespFault('refused', refused.message)
      if (replies.length < wanted) return
      if (isGreeted) {
        resolve(replies)
        socket.destroy()
      } else {
        isGreeted = true
        replies = []
        send(commands)
      }
    }
    socket.on('data', (chunk) => {
      try {
        received.add(chunk)
        read()
      } catch (error) {
        fail(error)
      }
    })
    send(isGreeted ? commands : greeting)
  })
}

/** @param {unknown} error of a socket */
function networkFault(error) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'the connection failed'
  return new RespFault('network', code, { cause: error })
}

/** What has arrived and is not read yet. It grows by doubling: a long reply comes in many pieces. */
class Received {
  #store = Buffer.alloc(0)
  #begin = 0
  #end = 0

  /** @param {Buffer} chunk */
  add(chunk) {
    const length = this.#end - this.#begin + chunk.length
    if (length > MAX_RECEIVED_BYTES)
      throw new RespFault('too large', 'Redis sends more than any reply can be.')
    if (this.#end + chunk.length > this.#store.length) {
      const grown = Buffer.allocUnsafe(length * 2)
      this.#store.copy(grown, 0, this.#begin, this.#end)
      this.#end -= this.#begin
      this.#begin = 0
      this.#store = grown
    }
    chunk.copy(this.#store, this.#end)
    this.#end += chunk.length
  }

  /**
   * Moves whole replies to a list, up to so many in it.
   *
   * @param {Reply[]} replies
   * @param {number} wanted
   */
  take(replies, wanted) {
    const bytes = this.#store.subarray(0, this.#end)
    while (replies.length < wanted) {
      const parsed = replyAt(bytes, this.#begin)
      if (parsed === undefined) return
      replies.push(parsed.reply)
      this.#begin = parsed.end
    }
  }
}

/** @param {Command} command */
function encoded(command) {
  const parts = command.map((argument) => {
    const text = String(argument)
    return `$${Buffer.byteLength(text)}\r\n${text}\r\n`
  })
  return Buffer.from(`*${command.length}\r\n${parts.join('')}`)
}

const malformed = () => new RespFault('malformed', 'Redis sent something that is no RESP2.')

/** @param {string} line */
function lengthIn(line) {
  if (!/^\d{1,9}$/.test(line)) throw malformed()
  return Number(line)
}

/**
 * The reply that begins there (RESP2), and where it ends; `undefined` when it has not arrived in full.
 *
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} depth how many lists it is in
 * @throws {RespFault} if it is no reply
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
      if (!/^[+-]?\d{1,19}$/.test(line)) throw malformed()
      return { reply: Number(line), end: next }
    case '$': {
      if (line === '-1') return { reply: null, end: next }
      const end = next + lengthIn(line)
      return bytes.length < end + 2 ? undefined : { reply: bytes.subarray(next, end), end: end + 2 }
    }
    case '*':
      if (line === '-1') return { reply: null, end: next }
      if (depth === MAX_DEPTH) throw malformed()
      return listAt(bytes, next, lengthIn(line), depth + 1)
    default:
      throw malformed()
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
