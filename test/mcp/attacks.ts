// Requests that make some server run the tool `danger`, although somebody who reads them otherwise sees none or `safe`.

import { gzipSync } from 'node:zlib'

export interface Attack {
  readonly title: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
  /** Nobody among the servers here falls for it. Some other one could. */
  readonly foolsNobody?: true
}

const call = (name: string, more: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} }, ...more })

const SAFE = call('safe')
const DANGER = call('danger')
const PING = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' })

/** A call of `safe` with other params, or with more members, in JSON that `JSON.stringify` would not write. */
const params = (text: string) => SAFE.replace(/\{"name.*\}(?=\}$)/, text)
const before = (members: string, body = SAFE) => body.replace('{', `{${members},`)
const after = (members: string, body = SAFE) => body.replace(/\}$/, `,${members}}`)

const utf16 = (text: string) => Uint8Array.from(Array.from(text).flatMap((one) => [one.charCodeAt(0), 0]))
const base64 = (name: string) => `=?base64?${btoa(name)}?=`

export const ATTACKS: readonly Attack[] = [
  { title: 'danger, plainly', body: DANGER },
  { title: 'two names, danger first', body: params('{"name":"danger","name":"safe"}') },
  { title: 'two names, danger last', body: params('{"name":"safe","name":"danger"}') },
  { title: 'two params, danger first', body: before('"params":{"name":"danger"}') },
  { title: 'two params, danger last', body: after('"params":{"name":"danger"}') },
  { title: 'two methods, ping first', body: before('"method":"ping"', DANGER) },
  { title: 'two methods, ping last', body: after('"method":"ping"', DANGER) },
  { title: 'Name before name', body: params('{"Name":"danger","name":"safe"}') },
  { title: 'Name after name', body: params('{"name":"safe","NAME":"danger"}') },
  { title: 'Name alone', body: params('{"Name":"danger"}') },
  { title: 'Params after params', body: after('"Params":{"name":"danger"}') },
  { title: 'Params before params', body: before('"PARAMS":{"name":"danger"}') },
  {
    title: 'Method after a harmless method',
    body: after('"Method":"tools/call"', after('"params":{"name":"danger"}', PING)),
  },
  {
    title: 'Method before a harmless method',
    body: before('"Method":"tools/call"', after('"params":{"name":"danger"}', PING)),
  },
  { title: 'a name with a NUL in its key', body: params('{"name":"safe","name\\u0000":"danger"}') },
  { title: 'a name with a NUL and more in its key', body: params('{"name":"safe","name\\u0000x":"danger"}') },
  { title: 'params with a NUL in their key', body: after('"params\\u0000x":{"name":"danger"}') },
  { title: 'danger and a NUL', body: params('{"name":"danger\\u0000"}') },
  { title: 'danger and a NUL, then more', body: params('{"name":"danger\\u0000.list"}') },
  { title: 'a method and a NUL', body: DANGER.replace('tools/call', 'tools/call\\u0000') },
  { title: 'a key with an escape', body: DANGER.replace('"name"', '"n\\u0061me"') },
  { title: 'two keys, one with an escape', body: params('{"n\\u0061me":"danger","name":"safe"}') },
  { title: 'a name with an escape', body: DANGER.replace('danger', 'd\\u0061nger') },
  { title: 'a method with an escape', body: DANGER.replace('tools/call', 'tools\\u002fcall') },
  { title: 'blanks around the name', body: params('{"name":" danger "}') },
  { title: 'a name in another case', body: params('{"name":"DANGER"}') },
  { title: 'a batch', body: `[${DANGER}]` },
  { title: 'a batch that begins with safe', body: `[${SAFE},${DANGER}]` },
  { title: 'a batch behind a safe message', body: `${SAFE}[${DANGER}]`, foolsNobody: true },
  { title: 'two messages', body: SAFE + DANGER },
  { title: 'two messages, danger first', body: DANGER + SAFE },
  { title: 'two lines', body: `${SAFE}\n${DANGER}\n` },
  { title: 'a message, then no JSON', body: `${DANGER}garbage` },
  { title: 'a message, then NULs', body: `${DANGER}\0\0` },
  { title: 'no JSON, then a message', body: `)]}',\n${DANGER}` },
  { title: 'a byte order mark', body: `\ufeff${DANGER}` },
  { title: 'two byte order marks', body: `\ufeff\ufeff${DANGER}` },
  { title: 'a comment', body: `/*${SAFE}*/${DANGER}`, foolsNobody: true },
  { title: 'UTF-16', body: utf16(DANGER), headers: { 'content-type': 'application/json; charset=utf-16le' } },
  { title: 'UTF-16 that nobody announced', body: utf16(DANGER), foolsNobody: true },
  { title: 'a call without an id', body: call('danger', { id: undefined }) },
  { title: 'a call whose id is null', body: call('danger', { id: null }) },
  { title: 'a call whose id is a list', body: call('danger', { id: [1] }) },
  { title: 'a call whose id is a fraction', body: call('danger', { id: 1.5 }) },
  { title: 'a call whose id JavaScript changes', body: DANGER.replace('"id":1', '"id":9007199254740993') },
  { title: 'two ids', body: after('"id":2', DANGER) },
  { title: 'another version of JSON-RPC', body: DANGER.replace('"2.0"', '"1.0"') },
  { title: 'no version of JSON-RPC', body: DANGER.replace('"jsonrpc":"2.0",', '') },
  { title: 'a call that is an answer as well', body: after('"result":{}', DANGER) },
  { title: 'a call that is an error as well', body: after('"error":{"code":1,"message":""}', DANGER) },
  { title: 'an unknown member', body: after('"x":1', DANGER) },
  { title: '__proto__ in params', body: params('{"__proto__":{"name":"danger"}}'), foolsNobody: true },
  {
    title: '__proto__ in a message',
    body: after('"__proto__":{"params":{"name":"danger"}}', PING),
    foolsNobody: true,
  },
  {
    title: '__proto__ after a name',
    body: params('{"name":"safe","__proto__":{"name":"danger"}}'),
    foolsNobody: true,
  },
  { title: 'a name in a list', body: params('{"name":["danger"]}'), foolsNobody: true },
  { title: 'a name with a method', body: params('{"name":{"toString":"danger"}}'), foolsNobody: true },
  { title: 'params in a list', body: params('[{"name":"danger"}]'), foolsNobody: true },
  {
    title: 'a tool among the arguments',
    body: params('{"name":"safe","arguments":{"name":"danger"}}'),
    foolsNobody: true,
  },
  { title: 'a tool in _meta', body: params('{"name":"safe","_meta":{"name":"danger"}}'), foolsNobody: true },
  {
    title: 'half of a surrogate pair',
    body: params('{"name":"safe","Name\\ud800":"danger"}'),
    foolsNobody: true,
  },
  {
    title: 'Mcp-Name says danger',
    body: SAFE,
    headers: { 'mcp-method': 'tools/call', 'mcp-name': 'danger' },
  },
  {
    title: 'Mcp-Name says danger in Base64',
    body: SAFE,
    headers: { 'mcp-method': 'tools/call', 'mcp-name': base64('danger') },
  },
  {
    title: 'Mcp-Name and name are the same text, which is Base64 of danger to a lenient server',
    body: call('=?base64?ZGFu Z2Vy?='),
    headers: { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?ZGFu Z2Vy?=' },
  },
  {
    title: 'headers call danger, and the body is a ping',
    body: PING,
    headers: { 'mcp-method': 'tools/call', 'mcp-name': 'danger' },
  },
  { title: 'Mcp-Name says safe', body: DANGER, headers: { 'mcp-method': 'tools/call', 'mcp-name': 'safe' } },
  { title: 'Mcp-Method says ping', body: DANGER, headers: { 'mcp-method': 'ping' } },
  {
    title: 'an old version, and a batch',
    body: `[${SAFE},${DANGER}]`,
    headers: { 'mcp-protocol-version': '2025-03-26' },
  },
  { title: 'a version that nobody knows', body: DANGER, headers: { 'mcp-protocol-version': '1.0' } },
  { title: 'text/plain', body: DANGER, headers: { 'content-type': 'text/plain' } },
  { title: 'two content types', body: DANGER, headers: { 'content-type': 'text/plain, application/json' } },
  {
    title: 'a content type with a parameter',
    body: DANGER,
    headers: { 'content-type': 'application/json; boundary=x' },
  },
  { title: 'gzip', body: gzipSync(DANGER), headers: { 'content-encoding': 'gzip' } },
  { title: 'gzip that nobody announced', body: gzipSync(DANGER), foolsNobody: true },
  { title: 'Content-Encoding: identity', body: DANGER, headers: { 'content-encoding': 'identity' } },
  { title: 'Last-Event-ID', body: DANGER, headers: { 'last-event-id': '0' } },
  { title: 'a session id', body: DANGER, headers: { 'mcp-session-id': 'of-nobody' } },
  { title: 'two session ids', body: DANGER, headers: { 'mcp-session-id': 'one, two' } },
  { title: 'X-HTTP-Method-Override', body: DANGER, headers: { 'x-http-method-override': 'GET' } },
  { title: 'a query string', body: DANGER, query: '?method=ping&name=safe' },
]
