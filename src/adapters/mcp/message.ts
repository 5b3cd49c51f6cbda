// Body → the one JSON-RPC message in it, read so strictly that no server can read another one out of what is passed on.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import { jsonIn } from '../../lib/json.ts'
import { MAX_MESSAGE_ID_LENGTH, MAX_MESSAGE_NAME_LENGTH, MAX_MESSAGE_PARAMS } from '../../lib/limits.ts'
import { isObject, ownMember } from '../../lib/own-member.ts'
import { failure, type Result, success } from '../../lib/result.ts'
import { lookAtJson } from './json-text.ts'
import type { MessageId } from './refusals.ts'
import { hasControlCharacters, spellingOf } from './spelling.ts'

/** A request or notification. */
export interface Call {
  readonly kind: 'request' | 'notification'
  readonly id: MessageId
  readonly method: string
  readonly params: object | undefined
}

/** The client's answer to a request of the server. */
interface Reply {
  readonly kind: 'reply'
  readonly id: MessageId
}

export type Message = Call | Reply

/** A message, and the body to pass on: every parser reads the same in it. */
interface Read {
  readonly message: Message
  readonly value: unknown
  readonly text: string
}

interface Unread {
  readonly refusal: CallRefusal
  readonly id: MessageId
}

export const TOOL_CALL = 'tools/call'

export function readMessage(body: string): Result<Read, Unread> {
  const { isTooDeep, hasExactNumbers } = lookAtJson(body)
  if (isTooDeep) return unread('too_deep')
  const value = jsonIn(body)
  if (value === undefined) return unread('not_json')
  if (Array.isArray(value)) return unread('batch')
  if (!isObject(value)) return unread('not_a_message')
  const id = idIn(value)
  if (!hasExactNumbers) return unread('inexact_number', id)
  const text = safeText(value)
  if (text === undefined) return unread('unsafe_text', id)
  const message = messageIn(value, id)
  return typeof message === 'string' ? unread(message, id) : success({ message, value, text })
}

function unread(refusal: CallRefusal, id: MessageId = null) {
  return failure({ refusal, id })
}

function idIn(value: object): MessageId {
  const id = ownMember(value, 'id')
  return typeof id === 'number' || (typeof id === 'string' && id.length <= MAX_MESSAGE_ID_LENGTH) ? id : null
}

/** An escape that `JSON.stringify` writes for half of a surrogate pair, and not a backslash before the letters. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/

/**
 * The JSON of a parsed value. It is `undefined` where another program could read something else in it: a member that
 * becomes the prototype of a copy, or half of a surrogate pair.
 */
function safeText(value: object): string | undefined {
  if (toJsonOwners.some((owner) => Reflect.has(owner, 'toJSON'))) {
    throw new Error('JSON cannot be written: other code has put toJSON on a prototype')
  }
  const text = JSON.stringify(value)
  // In this form, a key stands in plain characters, and a quote within a string has a backslash before it.
  const isUnsafe = text.includes('"__proto__":') || (text.includes('\\ud') && LONE_SURROGATE.test(text))
  return isUnsafe ? undefined : text
}

/** A method `toJSON` there would decide what is passed on. */
const toJsonOwners: readonly object[] = [Object.prototype, Array.prototype]

const MEMBERS: ReadonlySet<string> = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error'])

function messageIn(value: object, id: MessageId): Message | CallRefusal {
  if (Object.keys(value).some((name) => !MEMBERS.has(name))) return 'unknown_member'
  if (ownMember(value, 'jsonrpc') !== '2.0') return 'not_a_message'
  return Object.hasOwn(value, 'method') ? callIn(value, id) : replyIn(value, id)
}

function callIn(value: object, id: MessageId): Call | CallRefusal {
  if (Object.hasOwn(value, 'result') || Object.hasOwn(value, 'error')) return 'not_a_message'
  const kind = Object.hasOwn(value, 'id') ? 'request' : 'notification'
  // MCP has no requests whose id is null.
  if (kind === 'request' && id === null) return 'not_a_message'
  const method = ownMember(value, 'method')
  if (!isName(method)) return 'not_a_message'
  if (!Object.hasOwn(value, 'params')) {
    return method === TOOL_CALL ? 'invalid_params' : { kind, id, method, params: undefined }
  }
  const params = ownMember(value, 'params')
  if (!isObject(params) || Array.isArray(params)) return 'invalid_params'
  const names = Object.keys(params)
  if (names.length > MAX_MESSAGE_PARAMS) return 'invalid_params'
  if (names.some((name) => name !== 'name' && isLikeName(name))) return 'other_spelling'
  if (method === TOOL_CALL && !isName(ownMember(params, 'name'))) return 'invalid_params'
  return { kind, id, method, params }
}

/** Any name that is far longer has too many characters that nobody sees. */
function isLikeName(name: string): boolean {
  return name.length > MAX_MESSAGE_NAME_LENGTH || hasControlCharacters(name) || spellingOf(name) === 'name'
}

function replyIn(value: object, id: MessageId): Reply | CallRefusal {
  const [result, error] = [ownMember(value, 'result'), ownMember(value, 'error')]
  const answer = result === undefined ? error : result
  if (!isObject(answer) || Array.isArray(answer)) return 'not_a_message'
  if (Object.hasOwn(value, 'result') === Object.hasOwn(value, 'error')) return 'not_a_message'
  if (Object.hasOwn(value, 'params') || !Object.hasOwn(value, 'id')) return 'not_a_message'
  // An error may answer something whose id could not be read.
  const isAnswer = id !== null || (result === undefined && ownMember(value, 'id') === null)
  return isAnswer ? { kind: 'reply', id } : 'not_a_message'
}

/** The name of a method or a tool. */
function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name.length <= MAX_MESSAGE_NAME_LENGTH
}

/** The name of the tool that a call runs. */
export function toolOf({ method, params }: Call): string | undefined {
  const name = method === TOOL_CALL ? ownMember(params, 'name') : undefined
  return typeof name === 'string' ? name : undefined
}
