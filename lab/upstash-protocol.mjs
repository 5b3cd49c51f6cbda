// @ts-check
// Upstash's REST protocol: which commands a request has, and what it is answered.

/** @typedef {import('./resp.mjs').Command} Command */
/** @typedef {import('./resp.mjs').Reply} Reply */

/** @typedef {{ status: number, body: unknown }} Answer the body is sent as JSON */

/**
 * @param {string} path
 * @param {string} text the body
 * @returns {readonly Command[]} none when the request is not understood
 */
export function commandsIn(path, text) {
  const many = path === '/pipeline' || path === '/multi-exec'
  const body = jsonIn(text || '[]')
  // A command may begin in the path: `/get/key`.
  const inPath = many ? [] : path.split('/').slice(1).filter(Boolean).map(decodeURIComponent)
  const all = many ? body : [[...inPath, ...(Array.isArray(body) ? body : [])]]
  return Array.isArray(all) && all.every(isCommand) ? all : []
}

/**
 * @param {(commands: readonly Command[]) => Promise<readonly Reply[]>} run
 * @param {string} path
 * @param {readonly Command[]} commands
 * @param {boolean} base64 whether texts are wanted in base64
 * @returns {Promise<Answer>}
 */
export async function answerTo(run, path, commands, base64) {
  if (commands.length === 0) return { status: 400, body: { error: 'ERR no command' } }
  /** @param {Reply | undefined} reply */
  const item = (reply) =>
    reply instanceof Error ? { error: reply.message } : { result: jsonOf(reply ?? null, base64) }
  try {
    if (path === '/pipeline') {
      return { status: 200, body: (await run(commands)).map(item) }
    }
    if (path === '/multi-exec') {
      const result = (await run([['MULTI'], ...commands, ['EXEC']])).at(-1)
      return Array.isArray(result)
        ? { status: 200, body: result.map(item) }
        : { status: 400, body: item(result) }
    }
    const [reply] = await run(commands)
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
