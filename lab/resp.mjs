// @ts-check
// Sends commands to a real Redis in its own protocol (RESP2).

import { connect } from 'node:net'
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
 * @property {readonly Command[]} [greeting] such as AUTH and SELECT; an error in reply to one rejects
 */

/** Longer than any command of ours may take. */
const SILENCE_LIMIT_MS = 60_000

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
  const all = [...greeting, ...commands]
  return new Promise((resolve, reject) => {
    const socket = tls ? connectSecurely({ host, port, servername: host }) : connect(port, host)
    socket.once('error', reject).once('close', () => reject(new Error('Redis closed the connection.')))
    socket.setTimeout(SILENCE_LIMIT_MS, () => socket.destroy(new Error('Redis does not answer.')))
    /** @type {Reply[]} */
    const replies = []
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      let at = 0
      while (replies.length < all.length) {
        const parsed = replyAt(received, at)
        if (parsed === undefined) break
        replies.push(parsed.reply)
        at = parsed.end
      }
      received = received.subarray(at)
      const refused = replies.slice(0, greeting.length).find((reply) => reply instanceof Error)
      if (refused !== undefined) reject(refused)
      if (refused === undefined && replies.length < all.length) return
      resolve(replies.slice(greeting.length))
      socket.destroy()
    })
    socket.write(Buffer.concat(all.map(encoded)))
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
 * The reply that begins there (RESP2), and where it ends; `undefined` when it has not arrived in full.
 *
 * @param {Buffer} bytes
 * @param {number} start
 * @returns {{ reply: Reply, end: number } | undefined}
 */
function replyAt(bytes, start) {
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
      return { reply: Number(line), end: next }
    case '$': {
      const end = next + Number(line)
      if (line === '-1') return { reply: null, end: next }
      return bytes.length < end + 2 ? undefined : { reply: bytes.subarray(next, end), end: end + 2 }
    }
    case '*':
      return line === '-1' ? { reply: null, end: next } : listAt(bytes, next, Number(line))
    default:
      return { reply: new Error('ERR Redis sent something that is no RESP2'), end: bytes.length }
  }
}

/**
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} length
 */
function listAt(bytes, start, length) {
  /** @type {Reply[]} */
  const reply = []
  let end = start
  while (reply.length < length) {
    const parsed = replyAt(bytes, end)
    if (parsed === undefined) return undefined
    reply.push(parsed.reply)
    end = parsed.end
  }
  return { reply, end }
}
