// @ts-check
// Upstash's REST protocol over HTTP in front of a real Redis. For the tests and the demo: it trusts its clients.

import { createServer } from 'node:http'
import { connect } from 'node:net'
import { listen } from './loopback.mjs'

/** @typedef {string | number} Argument */
/** @typedef {readonly Argument[]} Command */
/** @typedef {string | number | null | Buffer | Error | Reply[]} Reply a status is a string, a value a Buffer */

/** @typedef {{ status: number, body: unknown }} Answer the body is sent as JSON */

/**
 * A request, for those who want to watch it or to answer it themselves.
 *
 * @typedef {object} Exchange
 * @property {readonly Command[]} commands what is asked; none when the request is not understood
 * @property {import('node:http').IncomingMessage} request
 * @property {import('node:http').ServerResponse} response
 * @property {() => Promise<Answer>} run has Redis do what is asked, and gives the answer without sending it
 */

/**
 * @typedef {object} EndpointOptions
 * @property {number} redisPort
 * @property {string} token
 * @property {number} [port] 0, the default, takes any free one
 * @property {(exchange: Exchange) => unknown} [onRequest] is awaited before anything else happens; `true` says
 *   that the request has been dealt with: answered, left open or cut off
 */

/** @param {EndpointOptions} options */
export async function startUpstashEndpoint({ redisPort, token, port = 0, onRequest }) {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  })

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function serve(request, response) {
    const { path, commands } = await readRequest(request)
    const base64 = request.headers['upstash-encoding'] === 'base64'
    const run = async () => {
      if (request.headers.authorization !== `Bearer ${token}`) {
        return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } }
      }
      return answerTo(redisPort, path, commands, base64)
    }
    if ((await onRequest?.({ commands, request, response, run })) === true) return
    const { status, body } = await run()
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }

  return listen(server, port)
}

/** @param {import('node:http').IncomingMessage} request */
async function readRequest(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const path = new URL(request.url ?? '/', 'http://localhost').pathname
  const many = path === '/pipeline' || path === '/multi-exec'
  const body = jsonIn(Buffer.concat(chunks).toString() || '[]')
  // A command may begin in the path: `/get/key`.
  const inPath = many ? [] : path.split('/').slice(1).filter(Boolean).map(decodeURIComponent)
  const all = many ? body : [[...inPath, ...(Array.isArray(body) ? body : [])]]
  return { path, commands: Array.isArray(all) && all.every(isCommand) ? all : [] }
}

/**
 * @param {number} redisPort
 * @param {string} path
 * @param {readonly Command[]} commands
 * @param {boolean} base64 whether texts are wanted in base64
 * @returns {Promise<Answer>}
 */
async function answerTo(redisPort, path, commands, base64) {
  if (commands.length === 0) return { status: 400, body: { error: 'ERR no command' } }
  /** @param {Reply | undefined} reply */
  const item = (reply) =>
    reply instanceof Error ? { error: reply.message } : { result: jsonOf(reply ?? null, base64) }
  try {
    if (path === '/pipeline') {
      return { status: 200, body: (await sendCommands(redisPort, commands)).map(item) }
    }
    if (path === '/multi-exec') {
      const result = (await sendCommands(redisPort, [['MULTI'], ...commands, ['EXEC']])).at(-1)
      return Array.isArray(result)
        ? { status: 200, body: result.map(item) }
        : { status: 400, body: item(result) }
    }
    const [reply] = await sendCommands(redisPort, commands)
    return { status: reply instanceof Error ? 400 : 200, body: item(reply) }
  } catch {
    return { status: 500, body: { error: 'ERR Redis is out of reach' } }
  }
}

/**
 * A reply as JSON has it. In base64 every text is encoded but `OK`.
 *
 * @param {Reply} reply
 * @param {boolean} base64
 * @returns {unknown}
 */
function jsonOf(reply, base64) {
  if (Array.isArray(reply)) return reply.map((each) => jsonOf(each, base64))
  if (reply instanceof Error) return { error: reply.message }
  if (reply === null || typeof reply === 'number' || reply === 'OK') return reply
  const bytes = Buffer.from(reply)
  return base64 ? bytes.toString('base64') : bytes.toString()
}

/** @param {string} text */
function jsonIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** @param {unknown} value @returns {value is Command} */
function isCommand(value) {
  const isArgument = (/** @type {unknown} */ each) => typeof each === 'string' || typeof each === 'number'
  return Array.isArray(value) && value.length > 0 && value.every(isArgument)
}

/**
 * Sends commands to Redis over a connection of their own, so that a transaction stays whole and a command that
 * blocks holds up nobody else.
 *
 * @param {number} port
 * @param {readonly Command[]} commands
 * @returns {Promise<Reply[]>} one for each; an error that Redis answers is a reply like any other
 */
export async function sendCommands(port, commands) {
  if (commands.length === 0) return []
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject).once('close', () => reject(new Error('Redis closed the connection.')))
    /** @type {Reply[]} */
    const replies = []
    let received = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      let at = 0
      while (replies.length < commands.length) {
        const parsed = replyAt(received, at)
        if (parsed === undefined) break
        replies.push(parsed.reply)
        at = parsed.end
      }
      received = received.subarray(at)
      if (replies.length < commands.length) return
      resolve(replies)
      socket.destroy()
    })
    socket.write(Buffer.concat(commands.map(encoded)))
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
