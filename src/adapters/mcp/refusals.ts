// The refusals of a call that a verified mandate does not help, in one table, and the JSON-RPC answer to a refused call.

import type { CallRefusal } from '../../decision/call-refusal.ts'
import type { Denial } from '../../decision/decision.ts'
import { answerFor } from '../../decision/denial-response.ts'
import type { Refusal } from '../../decision/events.ts'
import { bare } from '../../lib/own-member.ts'

interface Row {
  readonly status: 400 | 403 | 404 | 405 | 413 | 415
  /** The code of the JSON-RPC error. */
  readonly code: number
  readonly description: string
  readonly hint: string
}

const PARSE_ERROR = { status: 400, code: -32_700 } as const
const INVALID_REQUEST = { status: 400, code: -32_600 } as const
const INVALID_PARAMS = { status: 400, code: -32_602 } as const
/** A code of MCP's own, for headers that contradict the body. */
const HEADER_MISMATCH = { status: 400, code: -32_020 } as const

/** Of the range that JSON-RPC leaves to servers and MCP leaves to implementations. */
const REFUSED = -32_010

export const CALL_REFUSALS: { readonly [Reason in CallRefusal]: Row } = {
  not_json: {
    ...PARSE_ERROR,
    description: 'The body is not JSON in UTF-8.',
    hint: 'Send one JSON-RPC message as JSON.',
  },
  too_deep: {
    ...PARSE_ERROR,
    description: 'The body is nested too deeply.',
    hint: 'Send a message with fewer levels of lists and objects.',
  },
  inexact_number: {
    ...PARSE_ERROR,
    description: 'The body has a number that cannot be passed on unchanged.',
    hint: 'Send numbers that a double holds exactly, and longer ones as strings.',
  },
  unsafe_text: {
    ...PARSE_ERROR,
    description: 'The body has half of a surrogate pair, or a member named "__proto__".',
    hint: 'Send whole characters, and no member of this name.',
  },
  batch: {
    ...INVALID_REQUEST,
    description: 'The body is a batch of messages.',
    hint: 'Send each message in a request of its own.',
  },
  not_a_message: {
    ...INVALID_REQUEST,
    description: 'The body is not a JSON-RPC message of MCP.',
    hint: 'Send an object with jsonrpc "2.0", and either method, params and an id, or an id with a result or an error.',
  },
  unknown_member: {
    ...INVALID_REQUEST,
    description: 'The message has a member that JSON-RPC does not know.',
    hint: 'Send jsonrpc, id, method and params, or jsonrpc, id, and result or error, spelled exactly so.',
  },
  other_spelling: {
    ...INVALID_PARAMS,
    description: 'The message has another spelling of a known name, which servers could take for it.',
    hint: 'Spell "name" in params, and the names of tools, exactly as the server lists them.',
  },
  invalid_params: {
    ...INVALID_PARAMS,
    description: 'The params of the message are not those of its method.',
    hint: 'Send params as an object, for tools/call with the name of the tool as a string.',
  },
  header_mismatch: {
    ...HEADER_MISMATCH,
    description: 'A header of the request contradicts its body.',
    hint: 'Send Mcp-Method, Mcp-Name and MCP-Protocol-Version as they are in the body, or not at all.',
  },
  invalid_session_id: {
    ...INVALID_REQUEST,
    description: 'The session id is not one.',
    hint: 'Send Mcp-Session-Id once, exactly as the server gave it.',
  },
  unexpected_body: {
    ...INVALID_REQUEST,
    description: 'A request with this method has no body.',
    hint: 'Send messages by POST.',
  },
  unexpected_upgrade: {
    ...INVALID_REQUEST,
    description: 'MCP is not served over WebSockets here.',
    hint: 'Send messages by POST.',
  },
  unlisted_tool: {
    status: 403,
    code: REFUSED,
    description: 'No mandate suffices for this tool here.',
    hint: 'The operator of the service decides which tools can be called.',
  },
  unlisted_method: {
    status: 403,
    code: REFUSED,
    description: 'No mandate suffices for this method here.',
    hint: 'The operator of the service decides which methods can be called.',
  },
  origin_not_allowed: {
    status: 403,
    code: REFUSED,
    description: 'Pages of this origin may not call this service.',
    hint: 'The operator of the service decides which origins may.',
  },
  unknown_session: {
    status: 404,
    code: -32_001,
    description: 'There is no such session for this mandate.',
    hint: 'Start a new session with initialize.',
  },
  method_not_allowed: {
    status: 405,
    code: -32_000,
    description: 'MCP does not use this HTTP method.',
    hint: 'Use POST, GET or DELETE.',
  },
  too_large: {
    status: 413,
    code: -32_600,
    description: 'The body is larger than this service accepts.',
    hint: 'Send a smaller message.',
  },
  wrong_content: {
    status: 415,
    code: -32_600,
    description: 'The body is not sent as plain JSON.',
    hint: 'Send it with Content-Type: application/json, and without Content-Encoding.',
  },
}

/** The id of the refused message, if it has a valid one. */
export type MessageId = string | number | null

const JSON_HEADERS = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' } as const

const NO_SCOPES: readonly string[] = Object.freeze([])

/** For `onDecision`. */
export function reportOf(reason: CallRefusal): Refusal {
  const { status, description } = CALL_REFUSALS[reason]
  return {
    ...{ outcome: 'deny', code: reason, reason, status, description },
    fault: undefined,
    requiredScopes: NO_SCOPES,
  }
}

export function refuseCall(reason: CallRefusal, id: MessageId = null): Response {
  const { status, code, description, hint } = CALL_REFUSALS[reason]
  const data = { error: reason, error_description: description, error_hint: hint }
  const headers =
    reason === 'method_not_allowed' ? { ...JSON_HEADERS, Allow: 'GET, POST, DELETE' } : JSON_HEADERS
  return new Response(errorText(id, code, description, bare(data)), bare({ status, headers }))
}

/** A denial as the answer to a message: status and headers as ever, and its body as the `data` of the error. */
export function denyCall(denial: Denial, id: MessageId): Response {
  const { status, headers } = answerFor(denial)
  return new Response(deniedText(denial, id), bare({ status, headers }))
}

/** The JSON-RPC error for a denial. */
export function deniedText(denial: Denial, id: MessageId): string {
  const data: unknown = JSON.parse(answerFor(denial).body)
  return errorText(id, REFUSED, denial.description, data)
}

function errorText(id: MessageId, code: number, message: string, data: unknown): string {
  return JSON.stringify(bare({ jsonrpc: '2.0', id, error: bare({ code, message, data }) }))
}
