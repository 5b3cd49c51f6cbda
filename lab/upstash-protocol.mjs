// @ts-check
// Upstash's REST protocol: which commands a request has, and what it is answered.

/** @typedef {import('./resp.mjs').Command} Command */
/** @typedef {import('./resp.mjs').Reply} Reply */

/** @typedef {{ status: number, body: unknown }} Answer the body is sent as JSON */

/** Of a connection that stays, which a request is not. Inside of a transaction they would end it. */
const NOT_SERVED = /^(?:multi|exec|discard|watch|unwatch|p?subscribe|ssubscribe|monitor)$/i

/**
 * @param {string} path
 * @param {string} text the body
 * @returns {readonly Command[]} none when the request is not understood
 */
export function commandsIn(path, text) {
  if (path === '/pipeline' || path === '/multi-exec') {
    const all = jsonIn(text)
    return Array.isArray(all) && all.every(isCommand) ? all : []
  }
  const command = path === '/' ? jsonIn(text) : wordsIn(path, text)
  return isCommand(command) ? [command] : []
}

/**
 * @param {(commands: readonly Command[]) => Promise<readonly Reply[]>} run
 * @param {string} path
 * @param {readonly Command[]} commands
 * @param {boolean} base64 whether texts are wanted in base64
 * @returns {Promise<Answer>}
 */
export async function answerTo(run, path, commands, base64) {
  if (commands.length === 0) return refusal(400, 'ERR no command: send a JSON array')
  const other = commands.map(([name]) => String(name)).find((name) => NOT_SERVED.test(name))
  if (other !== undefined) return refusal(400, `ERR ${other.toUpperCase()} is not served over HTTP`)
  /** @param {Reply | undefined} reply */
  const item = (reply) =>
    reply instanceof Error ? { error: reply.message } : { result: jsonOf(reply ?? null, base64) }
  try {
    if (path === '/pipeline') {
      return { status: 200, body: (await run(commands)).map(item) }
    }
    if (path === '/multi-exec') {
      const replies = await run([['MULTI'], ...commands, ['EXEC']])
      const result = replies.at(-1)
      if (Array.isArray(result)) return { status: 200, body: result.map(item) }
      const wrong = replies.find((reply) => reply instanceof Error)
      return refusal(400, `EXECABORT Transaction discarded because of: ${wrong?.message}`)
    }
    const [reply] = await run(commands)
    return { status: reply instanceof Error ? 400 : 200, body: item(reply) }
  } catch {
    return refusal(500, 'ERR Redis is out of reach')
  }
}

/**
 * @param {number} status
 * @param {string} error
 * @returns {Answer}
 */
const refusal = (status, error) => ({ status, body: { error } })

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

/**
 * `/get/key`, or `/set/key` with the value as the body.
 *
 * @param {string} path
 * @param {string} text
 */
function wordsIn(path, text) {
  try {
    const words = path.split('/').slice(1).filter(Boolean).map(decodeURIComponent)
    return text === '' ? words : [...words, text]
  } catch {
    return undefined
  }
}

/** @param {unknown} value @returns {value is Command} */
function isCommand(value) {
  const isArgument = (/** @type {unknown} */ each) => typeof each === 'string' || typeof each === 'number'
  return Array.isArray(value) && value.length > 0 && value.every(isArgument)
}
