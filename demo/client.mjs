// @ts-check
// Sends requests over HTTP, prints each with its answer or its events, and compares these with what is expected.

/**
 * @typedef {object} Exchange
 * @property {string} path
 * @property {string} [method]
 * @property {{ mandate: string, shownAs: string }} [credential] printed as `shownAs`, never as it is
 * @property {Record<string, unknown>} [json] the request's body
 * @property {Expectation} expected
 *
 * @typedef {object} Expectation
 * @property {number} status
 * @property {Record<string, unknown>} body fields the answer must have; it may have more
 * @property {RegExp} [challenge] what `WWW-Authenticate` must look like
 *
 * @typedef {object} Watching
 * @property {string} path
 * @property {{ mandate: string, shownAs: string }} credential
 * @property {() => Promise<void>} meanwhile done after the first event
 * @property {string} lastEvent what the stream must end with
 */

const ANSWER_LIMIT_MS = 10_000

/** @param {string} workerUrl */
export function createDemoClient(workerUrl) {
  let total = 0
  let passed = 0

  /** @param {string} expected @param {readonly string[]} mistakes */
  const judge = (expected, mistakes) => {
    total += 1
    if (mistakes.length === 0) passed += 1
    console.log(`  ${mistakes.length === 0 ? '✓' : '✗'} expected ${expected}`)
    for (const mistake of mistakes) console.log(`    but ${mistake}`)
  }

  return {
    /** @param {string} text */
    say: (text) => console.log(`\n${text}`),

    /** @param {Exchange} exchange */
    async send({ path, method = 'GET', credential, json, expected }) {
      console.log(`\n  ${method} ${path}`)
      if (credential) console.log(`  Authorization: Bearer <mandate: ${credential.shownAs}>`)
      if (json) console.log(`  ${JSON.stringify(json)}`)

      const mistakes = await mistakesInAnswer(expected, workerUrl + path, {
        method,
        headers: {
          ...(credential && { Authorization: `Bearer ${credential.mandate}` }),
          ...(json && { 'Content-Type': 'application/json' }),
        },
        body: json ? JSON.stringify(json) : null,
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
      })

      judge(expectationText(expected), mistakes)
    },

    /** Reads an event stream to its end. @param {Watching} watching */
    async watch({ path, credential, meanwhile, lastEvent }) {
      console.log(`\n  GET ${path}`)
      console.log(`  Authorization: Bearer <mandate: ${credential.shownAs}>`)
      const mistakes = await mistakesInStream(workerUrl + path, credential.mandate, meanwhile, lastEvent)
      judge(`a stream that ends with ${JSON.stringify(lastEvent)}`, mistakes)
    },

    result: () => ({ passed, total }),
  }
}

/**
 * @param {Expectation} expected
 * @param {string} url
 * @param {RequestInit} init
 */
async function mistakesInAnswer(expected, url, init) {
  let response
  let text
  try {
    response = await fetch(url, init)
    text = await response.text()
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error)
    return [`no answer came: ${message}${cause ? ` (${cause})` : ''}`]
  }

  const challenge = response.headers.get('WWW-Authenticate')
  const body = parsed(text)
  console.log(`  → ${response.status} ${response.statusText}`)
  if (challenge !== null) console.log(`    WWW-Authenticate: ${challenge}`)
  console.log((body ? JSON.stringify(body, null, 2) : text).replace(/^/gm, '    '))

  const mistakes = []
  if (response.status !== expected.status) mistakes.push(`the status is ${response.status}`)
  for (const [name, value] of Object.entries(expected.body)) {
    if (body?.[name] !== value) mistakes.push(`"${name}" is ${JSON.stringify(body?.[name])}`)
  }
  if (expected.challenge && !expected.challenge.test(challenge ?? '')) {
    mistakes.push(`the challenge does not match ${expected.challenge}`)
  }
  return mistakes
}

/**
 * @param {string} url
 * @param {string} mandate
 * @param {() => Promise<void>} meanwhile
 * @param {string} lastEvent
 */
async function mistakesInStream(url, mandate, meanwhile, lastEvent) {
  let text = ''
  try {
    const response = await fetch(url, {
      headers: { Authorization: `Bearer ${mandate}` },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    })
    console.log(`  → ${response.status} ${response.headers.get('Content-Type')}`)
    if (response.status !== 200 || response.body === null) return [`the status is ${response.status}`]
    let isFirst = true
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      console.log(chunk.trimEnd().replace(/^/gm, '    '))
      if (isFirst) await meanwhile()
      isFirst = false
    }
  } catch (error) {
    return [`the stream did not end in order: ${/** @type {Error} */ (error).message}`]
  }
  return text.endsWith(lastEvent) ? [] : [`it ended with ${JSON.stringify(text.slice(-100))}`]
}

/** @param {Expectation} expected */
function expectationText({ status, body, challenge }) {
  const fields = Object.entries(body).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
  return [status, ...fields, ...(challenge ? ['a challenge'] : [])].join(', ')
}

/**
 * @param {string} text
 * @returns {Record<string, unknown> | undefined}
 */
function parsed(text) {
  try {
    return Object(JSON.parse(text))
  } catch {
    return undefined
  }
}
