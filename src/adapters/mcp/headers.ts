// The headers of a request to an MCP server: what they say about the body, and whether the body says the same.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import { ownMember } from '../../lib/own-member.ts'
import { UTF8 } from '../../token/claims.ts'
import type { Message } from './message.ts'

/** `application/json`, perhaps with the only charset that JSON has. Two headers arrive as one with a comma. */
const PLAIN_JSON = /^application\/json(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i

/** Whether the body is sent as JSON that is neither compressed nor in another charset. */
export function isPlainJson(headers: Headers): boolean {
  return PLAIN_JSON.test(headers.get('content-type') ?? '') && headers.get('content-encoding') === null
}

/** The member of params that `Mcp-Name` repeats. For any other method there is no such header. */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

const VERSION = 'io.modelcontextprotocol/protocolVersion'

/**
 * Whether headers repeat what the body says. Gateways and servers may decide by either, so a header that says something
 * else is refused, also where the version of the protocol does not know it.
 */
export function headerMismatch(headers: Headers, message: Message): CallRefusal | undefined {
  const call = message.kind === 'reply' ? undefined : message
  const member = NAMED_BY.get(call?.method ?? '')
  const name = member === undefined ? undefined : ownMember(call?.params, member)
  const version = ownMember(ownMember(call?.params, '_meta'), VERSION)
  const saysTheSame =
    repeats(headers.get('mcp-method'), call?.method) &&
    repeats(decoded(headers.get('mcp-name')), name) &&
    (version === undefined || repeats(headers.get('mcp-protocol-version'), version))
  return saysTheSame ? undefined : 'header_mismatch'
}

/** @param header `undefined` for one that cannot be read, which repeats nothing: not even that there is no value */
function repeats(header: string | null | undefined, value: unknown): boolean {
  return header === null || (header !== undefined && header === value)
}

const BASE64 = /^=\?base64\?((?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?)\?=$/

/** What nobody takes for Base64, and everybody for the same text. */
const PLAIN_TEXT = /^(?!=\?)[\x20-\x7e]*$/

/**
 * Names with other characters than a header can have are sent in Base64. `undefined` for what is neither that nor plain:
 * a lenient server would decode it to another name.
 */
function decoded(header: string | null): string | null | undefined {
  const [, text] = BASE64.exec(header ?? '') ?? []
  if (text === undefined) return header === null || PLAIN_TEXT.test(header) ? header : undefined
  try {
    return UTF8.decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** Whether the connection is to become a WebSocket. */
export function asksForWebSocket(headers: Headers): boolean {
  return /websocket/i.test(headers.get('upgrade') ?? '')
}

export const SESSION_ID = 'mcp-session-id'

/** Visible ASCII, as MCP has it. Two headers arrive as one with a blank. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/

/** `null` without one, `undefined` for what cannot be one. */
export function sessionIdIn(headers: Headers): string | null | undefined {
  const id = headers.get(SESSION_ID)
  return id === null || VISIBLE_ASCII.test(id) ? id : undefined
}
