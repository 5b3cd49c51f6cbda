// @ts-check
// The page of every message that the package can print, read from the literals of its sources. Writes docs/messages.md:
//   node test/package/messages.mjs

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vitest/node'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const PAGE = `${ROOT}docs/messages.md`

/**
 * Where messages are made, and what to do about them. A file belongs to the first topic that names it or a folder of it.
 * One that is in no topic has no message, or the page cannot be written.
 * @type {readonly { title: string, advice: string, files: readonly string[] }[]}
 */
const TOPICS = [
  {
    title: 'In the answer to a request',
    advice:
      'For the client: what is wrong with its mandate, and what to ask the STS for. [Every answer](troubleshooting.md#the-answer-says).',
    files: ['src/decision/denials.ts'],
  },
  {
    title: 'In the answer of an MCP server',
    advice: 'For the client: no other mandate helps. [The refusals of `guardMcp`](mcp.md#refusals).',
    files: ['src/adapters/mcp/refusals.ts'],
  },
  {
    title: 'In an event: why a mandate was refused',
    advice: '`explanation` of an event of `onDecision`. [The reasons](troubleshooting.md#the-answer-says).',
    files: ['src/decision/explanations.ts', 'src/observe/explain'],
  },
  {
    title: 'In the log, an event or a readiness check: an outage',
    advice: 'Check what the line names. [Every fault](troubleshooting.md#503).',
    files: [
      'src/decision/outage-texts.ts',
      'src/keys/read-key-document.ts',
      'src/redis/upstash-client.ts',
      'src/redis/command-sender.ts',
      'src/guard/readiness.ts',
    ],
  },
  {
    title: 'In the log: anything else',
    advice: 'Once a minute for each cause. [What each line means](troubleshooting.md#the-log-says).',
    files: [
      'src/guard/unexpected-error.ts',
      'src/guard/foreign-request.ts',
      'src/guard/environment-guards.ts',
      'src/guard/environments.ts',
      'src/guard/recording.ts',
      'src/adapters/hono.ts',
      'src/adapters/mcp/incoming.ts',
      'src/lib/log.ts',
      'src/lib/listening.ts',
      'src/live/event-stream.ts',
      'src/keys/cached-key-set.ts',
      'src/streams/follow.ts',
    ],
  },
  {
    title: 'At the start: a value of the wrong kind',
    advice: 'Each follows the name of an option or a variable. Correct the value there.',
    files: ['src/lib', 'src/decision/errors.ts', 'src/requirements.ts'],
  },
  {
    title: 'At the start: paths and methods',
    advice:
      'Each follows a key of `routes` or an entry of `exclude`. [How they are written](rules.md#per-route).',
    files: [
      'src/guard/path-options.ts',
      'src/guard/path-contradictions.ts',
      'src/guard/nested-routes.ts',
      'src/request/path-key.ts',
      'src/request/path-prefix.ts',
      'src/request/methods.ts',
    ],
  },
  {
    title: 'At the start: issuer, zone, keys, credential, store',
    advice:
      'An option or a variable is missing, or two do not go together. [Environment and keys](configuration.md).',
    files: [
      'src/guard/option-table.ts',
      'src/guard/read-guard-options.ts',
      'src/guard/rule-contradictions.ts',
      'src/keys',
      'src/request/credential.ts',
    ],
  },
  {
    title: 'At the start: stores and streams',
    advice: '[Stores, streams and their options](revocation.md).',
    files: ['src/redis', 'src/revocation/default-ttl.ts', 'src/revocation/in-memory-store.ts', 'src/streams'],
  },
  {
    title: 'At the start: MCP servers',
    advice: '[The options of `guardMcp`](mcp.md#options).',
    files: ['src/adapters/mcp'],
  },
  {
    title: 'At the start: telemetry',
    advice: 'The options of an observer.',
    files: ['src/observe'],
  },
  {
    title: 'A function was given something else',
    advice:
      'A `CaracalConfigError` or a `TypeError`, thrown where the function is called. Pass what the message says.',
    files: [
      'src/guard/wrong-arguments.ts',
      'src/guard/mandate-verifier.ts',
      'src/guard/kept-mandate.ts',
      'src/guard/read-requirements.ts',
      'src/guard/exact-options.ts',
      'src/guard/authority-signal.ts',
      'src/adapters/guard-fetch.ts',
      'src/decision/denial-response.ts',
      'src/revocation/arguments.ts',
      'src/live',
    ],
  },
  {
    title: 'In the checks of `explain` and `check`',
    advice: 'What a check wanted, and what it found. [Explain](explain.md), [observing](observing.md).',
    files: ['src/guard/explain', 'src/guard/readiness.ts', 'src/token/refused-claim.ts'],
  },
  {
    title: 'A defect',
    advice: 'These should never be seen. Please report one, with the version and the runtime.',
    files: ['src/guard/steps.ts', 'src/guard/guard.ts', 'src/request/path-policy.ts'],
  },
  {
    title: 'In tests',
    advice: 'From `caracal-edge/testing`: a test of yours does not hold, or calls a function wrongly.',
    files: ['src/testing'],
  },
  {
    title: 'On the command line',
    advice: 'From `npx caracal-edge`. [The command line](command-line.md).',
    files: ['cli'],
  },
]

/** What reads like a sentence and is never printed: scripts of Redis, values of headers, frames of event streams. */
const NOT_PRINTED = [
  /redis\.p?call|\nlocal |^\nif /,
  /^(public, max-age|application\/json, |GET, |Mcp-Session-Id, )/,
  /^((default|script|style|connect|img)-src|base-uri|form-action|frame-ancestors|(require-)?trusted-types(-for)?) /,
  /^event: /,
  /^caracal-edge stream keys /,
]

/**
 * The cases of the conformance suite are data, and the Redis of `dev` in memory speaks as Redis does. What the suite says
 * of a guard, and what this Redis says of itself, is printed.
 */
const DATA =
  /^(src\/testing\/conformance\/(?!(conformance|observe|verdict)\.ts)|cli\/memory\/(?!replies\.ts))/

/** Descriptions in `--help`, which docs/command-line.md holds. */
const HELP = /^(option|description|argument|addHelpText|requiredOption|summary|Option|Argument)$/

/** @typedef {{ type: string, [member: string]: unknown }} Node */

/** @param {unknown} value @returns {value is Node} */
const isNode = (value) =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** Every string and template of a program, outside of types and imports. @param {unknown} node @returns {readonly string[]} */
function literalsIn(node) {
  if (Array.isArray(node)) return node.flatMap(literalsIn)
  if (!isNode(node) || isSilent(node)) return []
  const inside = Object.values(node).flatMap((value) => (typeof value === 'object' ? literalsIn(value) : []))
  return [...textOf(node), ...inside]
}

/** @param {Node} node */
function isSilent(node) {
  if (/^(Import|TSTypeAlias|TSInterface|TSTypeAnnotation|TSLiteralType)/.test(node.type)) return true
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return false
  const callee = /** @type {Node} */ (node.callee)
  const name = callee.type === 'MemberExpression' ? /** @type {Node} */ (callee.property).name : callee.name
  if (typeof name !== 'string' || !HELP.test(name)) return false
  // What it is called on may be such a call too, whose own arguments are as silent.
  return true
}

/** @param {Node} node @returns {readonly string[]} */
function textOf(node) {
  if (node.type === 'Literal' && typeof node.value === 'string') return [node.value]
  if (node.type !== 'TemplateLiteral') return []
  const parts = /** @type {readonly { value: { cooked: string } }[]} */ (node.quasis)
  return [parts.map(({ value }) => value.cooked).join('…')]
}

/** At least three words, two of them side by side. @param {string} text */
const isSentence = (text) =>
  /[a-z]{2,}['"`,:]* [a-z'`"]+/i.test(text) && /\w+\W+\w+\W+\w+/.test(text.replaceAll('…', ''))

/** @type {ReadonlyMap<string, readonly string[]> | undefined} */
let found

/** @returns {ReadonlyMap<string, readonly string[]>} file → its messages */
function messagesByFile() {
  found ??= scanned()
  return found
}

/** @returns {ReadonlyMap<string, readonly string[]>} */
function scanned() {
  const files = ['src', 'cli'].flatMap((folder) =>
    readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  )
  return new Map(
    files
      .filter((file) => /(?<!\.d)\.ts$/.test(file) && !DATA.test(file))
      .sort()
      .map((file) => {
        const { body } = parseAst(readFileSync(ROOT + file, 'utf8'), { lang: 'ts' }, file)
        const printed = literalsIn(body).filter(
          (text) => isSentence(text) && !NOT_PRINTED.some((pattern) => pattern.test(text)),
        )
        return [file, [...new Set(printed)]]
      }),
  )
}

/** @param {string} file */
const topicOf = (file) =>
  TOPICS.find(({ files }) =>
    files.some(
      (named) =>
        file === named ||
        file.startsWith(`${named}/`) ||
        (!named.endsWith('.ts') && file.startsWith(`${named}.`)),
    ),
  )

/** @param {string} text as code, on one line */
function code(text) {
  const line = text.trim().replace(/\s*\n\s*/g, ' ')
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``
}

const HEAD = `# Every message

What this package can print, by where you read it. \`…\` stands for a name, a number or a type. No message holds the value of an option, a token or a key. Search this page for words of the message that you have; [troubleshooting](troubleshooting.md) begins with the symptom. Not here: the descriptions in \`--help\` ([the command line](command-line.md)), the names of the cases of \`conformance\`, and what Redis itself would reply.

<!-- Written by test/package/messages.mjs from the sources. -->
`

/** @param {string} title @returns {readonly string[]} the messages of a topic */
export const sectionOf = (title) =>
  [...messagesByFile()].flatMap(([file, texts]) => (topicOf(file)?.title === title ? texts : []))

/** @returns {string} the page */
export function messagesPage() {
  const messages = messagesByFile()
  const homeless = [...messages].filter(([file, texts]) => texts.length > 0 && topicOf(file) === undefined)
  if (homeless.length > 0)
    throw new Error(`Name a topic for the messages of ${homeless.map(([file]) => file).join(', ')}`)
  const sections = TOPICS.map(({ title, advice }) => {
    const here = sectionOf(title)
    return `## ${title}\n\n${advice}\n\n${[...new Set(here)].map((text) => `- ${code(text)}`).join('\n')}\n`
  })
  return [HEAD, ...sections].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, messagesPage())
