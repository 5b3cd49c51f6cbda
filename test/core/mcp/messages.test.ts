// The strict reading of a body: what is refused, and what the server gets of what is not.

import { describe, expect, it } from 'vitest'
import { call, errorIn, post, serverWith } from '../support/mcp.ts'

const CALL = JSON.stringify(call('a'))
/** A call with another text in place of its params. */
const withParams = (params: string) => CALL.replace(/\{"name.*\}(?=\}$)/, params)
const withMember = (member: string) => `${CALL.slice(0, -1)},${member}}`
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`
const withArgument = (value: string) => withParams(`{"name":"a","arguments":{"x":${value}}}`)
/** A call with these bytes in a string. */
const bytes = (...codes: readonly number[]) => {
  const [before = '', after = ''] = withArgument('"#"').split('#')
  const encoder = new TextEncoder()
  return new Uint8Array([...encoder.encode(before), ...codes, ...encoder.encode(after)])
}

interface Refused {
  readonly title: string
  readonly body: BodyInit
  readonly reason: string
  readonly code: number
  /** The id in the answer. */
  readonly id?: unknown
}

const REFUSED: readonly Refused[] = [
  ...[
    { title: 'nothing', body: '' },
    { title: 'blanks', body: '  ' },
    { title: 'no JSON', body: 'tools/call' },
    { title: 'half of a message', body: CALL.slice(0, -1) },
    { title: 'two messages', body: CALL + CALL },
    { title: 'two byte order marks', body: `\ufeff\ufeff${CALL}` },
    { title: 'a comment', body: `${CALL}//` },
    { title: 'a trailing comma', body: `${CALL.slice(0, -1)},}` },
    { title: 'a name in single quotes', body: withParams("{'name':'a'}") },
    { title: 'NaN', body: withArgument('NaN') },
    { title: 'a number with a leading zero', body: withArgument('01') },
    { title: 'a hexadecimal number', body: withArgument('0x1') },
    { title: 'text after a NUL', body: `${CALL}\0` },
    { title: 'a raw control character in a string', body: withArgument('"\n"') },
    { title: 'bytes that are not UTF-8', body: bytes(0xff) },
    { title: 'overlong UTF-8', body: bytes(0xc0, 0xaf) },
    { title: 'half of a character', body: bytes(0xe2, 0x82) },
    { title: 'a surrogate in UTF-8', body: bytes(0xed, 0xa0, 0x80) },
    { title: 'UTF-16', body: new Uint8Array(Array.from(CALL).flatMap((one) => [one.charCodeAt(0), 0])) },
  ].map((one) => ({ ...one, reason: 'not_json', code: -32_700 })),
  ...[65, 5_000, 200_000].flatMap((depth) =>
    [
      { title: `${depth} lists`, body: nested(depth) },
      { title: `${depth} lists that do not end`, body: '['.repeat(depth) },
      { title: `${depth} objects`, body: '{"a":'.repeat(depth) },
      { title: `a message with ${depth} lists`, body: withArgument(nested(depth)) },
    ].map((one) => ({ ...one, reason: 'too_deep', code: -32_700 })),
  ),
  ...[
    { title: 'a batch', body: `[${CALL}]` },
    { title: 'an empty batch', body: '[]' },
    { title: 'a batch in blanks', body: ` \n[${CALL},${CALL}]` },
  ].map((one) => ({ ...one, reason: 'batch', code: -32_600 })),
  ...[
    { title: 'null', body: 'null' },
    { title: 'a string', body: JSON.stringify(CALL) },
    { title: 'a number', body: '1' },
    { title: 'an empty object', body: '{}' },
    { title: 'no jsonrpc', body: CALL.replace('"jsonrpc":"2.0",', ''), id: 1 },
    { title: 'jsonrpc as a number', body: CALL.replace('"2.0"', '2.0'), id: 1 },
    { title: 'jsonrpc 1.0', body: CALL.replace('"2.0"', '"1.0"'), id: 1 },
    { title: 'jsonrpc with a blank', body: CALL.replace('"2.0"', '"2.0 "'), id: 1 },
    { title: 'a list of methods', body: CALL.replace('"tools/call"', '["tools/call"]'), id: 1 },
    { title: 'a number as method', body: CALL.replace('"tools/call"', '1'), id: 1 },
    { title: 'null as method', body: CALL.replace('"tools/call"', 'null'), id: 1 },
    { title: 'an empty method', body: CALL.replace('"tools/call"', '""'), id: 1 },
    { title: 'a method of 257 characters', body: CALL.replace('tools/call', 'x'.repeat(257)), id: 1 },
    { title: 'the id null', body: CALL.replace('"id":1', '"id":null') },
    { title: 'a list as id', body: CALL.replace('"id":1', '"id":[1]') },
    { title: 'an object as id', body: CALL.replace('"id":1', '"id":{}') },
    { title: 'true as id', body: CALL.replace('"id":1', '"id":true') },
    { title: 'an id of 257 characters', body: CALL.replace('"id":1', `"id":"${'x'.repeat(257)}"`) },
    { title: 'a method and a result', body: withMember('"result":{}'), id: 1 },
    { title: 'a method and an error', body: withMember('"error":{}'), id: 1 },
    { title: 'a result and an error', body: '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}', id: 1 },
    { title: 'a result that is a list', body: '{"jsonrpc":"2.0","id":1,"result":[]}', id: 1 },
    { title: 'a result that is null', body: '{"jsonrpc":"2.0","id":1,"result":null}', id: 1 },
    {
      title: 'a result with params',
      body: '{"jsonrpc":"2.0","id":1,"result":{},"params":{"name":"a"}}',
      id: 1,
    },
    { title: 'a result without an id', body: '{"jsonrpc":"2.0","result":{}}' },
    { title: 'a result whose id is null', body: '{"jsonrpc":"2.0","id":null,"result":{}}' },
    { title: 'an error without an id', body: '{"jsonrpc":"2.0","error":{}}' },
    { title: 'an id alone', body: '{"jsonrpc":"2.0","id":1}', id: 1 },
  ].map((one) => ({ ...one, reason: 'not_a_message', code: -32_600 })),
  ...[
    ...['Method', 'METHOD', 'method\\u0000', 'method ', ' method', 'mеthod', 'ｍethod', 'Params', 'ID', 'Id'],
    ...[
      'params\\u0000',
      'JSONRPC',
      'batch',
      'name',
      'tool',
      '',
      'toString',
      'constructor',
      'headers',
      '_meta',
    ],
  ].map((name) => ({
    ...{ title: `a member ${JSON.stringify(name)}`, body: withMember(`"${name}":"tools/call"`), id: 1 },
    ...{ reason: 'unknown_member', code: -32_600 },
  })),
  ...[
    ...[
      'Name',
      'NAME',
      'nAmE',
      'name\\u0000',
      '\\u0000name',
      'na\\u0000me',
      'name ',
      ' name',
      'name\\t',
      'name\\n',
    ],
    ...[
      'ｎame',
      'ﬁ'.replace('ﬁ', 'Ｎａｍｅ'),
      'na\\u200bme',
      'name\\ufeff',
      'nãme',
      'n\\u00adame',
      'x'.repeat(257),
    ],
  ].flatMap((name) =>
    [`{"name":"a","${name}":"b"}`, `{"${name}":"b","name":"a"}`, `{"${name}":"a"}`].map((params) => ({
      ...{ title: `params ${params.slice(0, 40)}`, body: withParams(params), id: 1 },
      ...{ reason: 'other_spelling', code: -32_602 },
    })),
  ),
  ...[
    { title: 'no params', body: '{"jsonrpc":"2.0","id":1,"method":"tools/call"}' },
    { title: 'null as params', body: withParams('null') },
    { title: 'a list as params', body: withParams('["a"]') },
    { title: 'a string as params', body: withParams('"a"') },
    { title: 'no name', body: withParams('{}') },
    { title: 'a number as name', body: withParams('{"name":1}') },
    { title: 'null as name', body: withParams('{"name":null}') },
    { title: 'a list as name', body: withParams('{"name":["a"]}') },
    { title: 'an object as name', body: withParams('{"name":{"toString":"a"}}') },
    { title: 'an empty name', body: withParams('{"name":""}') },
    { title: 'a name of 257 characters', body: withParams(`{"name":"${'a'.repeat(257)}"}`) },
    {
      title: '65 members of params',
      body: withParams(`{"name":"a"${Array.from({ length: 64 }, (_, index) => `,"x${index}":1`).join('')}}`),
    },
    { title: 'a list as params of ping', body: '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}' },
    { title: 'a second name that is no string', body: withParams('{"name":"a","name":1}') },
  ].map((one) => ({ ...one, id: 1, reason: 'invalid_params', code: -32_602 })),
  ...[
    { title: 'half of a pair', body: withArgument('"\\ud83d"') },
    { title: 'the other half', body: withArgument('"\\uDE00x"') },
    { title: 'half of a pair after a backslash', body: withArgument('"\\\\\\udc00"') },
    { title: 'half of a pair in a key', body: withArgument('{"\\udbff":1}') },
    { title: '__proto__ in params', body: withParams('{"name":"a","__proto__":{"name":"b"}}') },
    { title: '__proto__ in escapes', body: withParams('{"name":"a","\\u005f_proto\\u005f_":{"name":"b"}}') },
    { title: '__proto__ in an argument', body: withArgument('{"__proto__":{"isAdmin":true}}') },
    { title: '__proto__ as a member', body: withMember('"__proto__":{"method":"tools/call"}') },
  ].map((one) => ({ ...one, id: 1, reason: 'unsafe_text', code: -32_700 })),
]

describe('refused with 400, and not passed on:', () => {
  it.each(REFUSED)('$title', async ({ body, reason, code, id = null }) => {
    const { fetch, served } = serverWith({ tools: { a: {} }, otherTools: {} })
    const response = await fetch(await post(body))
    const answer = await errorIn(response)
    expect(response.status).toBe(400)
    expect({ id: answer.id, reason: answer.error.data.error, code: answer.error.code }).toEqual({
      id,
      reason,
      code,
    })
    expect(answer.jsonrpc).toBe('2.0')
    expect(served).toEqual([])
  })
})

/** Text that is passed on, and as what. */
const PASSED: readonly { title: string; body: string; as: string }[] = [
  { title: 'a byte order mark', body: `\ufeff${CALL}`, as: CALL },
  { title: 'white space', body: JSON.stringify(call('a'), null, '\t\r\n'), as: CALL },
  {
    title: 'the last of two names',
    body: withParams('{"name":"b","name":"a","arguments":{}}'),
    as: CALL,
  },
  {
    title: 'the last of two methods',
    body: `{"method":"tools/list",${CALL.slice(1)}`,
    as: '{"method":"tools/call","jsonrpc":"2.0","id":1,"params":{"name":"a","arguments":{}}}',
  },
  {
    title: 'escaped names',
    body: CALL.replace('"method"', '"m\\u0065thod"').replace('"a"', '"\\u0061"'),
    as: CALL,
  },
  { title: 'an id of 256 characters', body: CALL.replace('"id":1', `"id":"${'x'.repeat(256)}"`), as: '' },
  { title: '64 levels', body: withArgument(nested(61)), as: '' },
  { title: 'brackets in a string', body: withArgument(JSON.stringify(nested(500))), as: '' },
  { title: 'escaped quotes and brackets', body: withArgument(JSON.stringify('\\"[{'.repeat(100))), as: '' },
  {
    title: 'a pair of surrogates in escapes',
    body: withArgument('"\\ud83d\\ude00"'),
    as: withArgument('"😀"'),
  },
  { title: 'an escaped backslash before ud83d', body: withArgument('"\\\\ud83d"'), as: '' },
  { title: '__proto__ as a value', body: withArgument('"__proto__"'), as: '' },
  { title: '__proto__ and a colon in a value', body: withArgument('"\\"__proto__\\":"'), as: '' },
  { title: 'a task', body: withParams('{"name":"a","task":{"ttl":60000}}'), as: '' },
  { title: 'members that only sound alike', body: withParams('{"name":"a","names":[],"rename":1}'), as: '' },
]

describe('passed on as it was judged:', () => {
  it.each(PASSED)('$title', async ({ body, as }) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(body))).status).toBe(200)
    const text = as === '' ? body : as
    expect(served.map((one) => one.text)).toEqual([text])
    expect(served[0]?.mcp.parsedBody).toEqual(JSON.parse(text))
  })
})

describe('a number', () => {
  it.each([
    ...[
      '0',
      '-1',
      '9007199254740991',
      '-9007199254740991',
      '0.1',
      '1.5',
      '1e2',
      '1E+2',
      '1.50',
      '0.000',
      '0e0',
    ],
    ...[
      '1e21',
      '123456789012345',
      '5e-324',
      '1.7976931348623157e308',
      '0.30000000000000004',
      '-2.50e-3',
      '100e-2',
    ],
  ])('%s is passed on with its value', async (literal) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(withArgument(literal)))).status).toBe(200)
    expect(JSON.parse(served[0]?.text ?? '').params.arguments.x).toBe(Number(literal))
  })

  it.each([
    ...[
      '9007199254740992',
      '9007199254740993',
      '-9007199254740993',
      '12345678901234567890',
      '1e400',
      '-1e400',
    ],
    ...[
      '-0',
      '-0.0',
      '-0e5',
      '1e-400',
      '0.1234567890123456789',
      '0.10000000000000001',
      '3.141592653589793238',
    ],
    ...['1e9999999999999999999', '1.00000000000000000001', `0.${'0'.repeat(400)}1`, '9'.repeat(400)],
  ])('%s would be changed, and is refused', async (literal) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    for (const body of [
      withArgument(literal),
      withArgument(`[{"y":${literal}}]`),
      CALL.replace('"id":1', `"id":${literal}`),
    ]) {
      const response = await fetch(await post(body))
      expect([response.status, (await errorIn(response)).error.data.error]).toEqual([400, 'inexact_number'])
    }
    expect(served).toEqual([])
  })

  it('in a string is text', async () => {
    const { fetch } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(withArgument('"-0 1e400 \\" 9007199254740993"')))).status).toBe(200)
  })
})

it('toJSON on a prototype does not change what is passed on: nothing is', async () => {
  const { fetch, served } = serverWith({ tools: { a: {} } })
  const request = await post(CALL)
  const prototype: object = Object.prototype
  Object.defineProperty(prototype, 'toJSON', { value: () => 'polluted', configurable: true })
  try {
    const response = await fetch(request)
    expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('server_error')])
  } finally {
    Reflect.deleteProperty(prototype, 'toJSON')
  }
  expect(served).toEqual([])
})

it('hostile text of 400 kB is refused or passed on in time that grows with its length alone', async () => {
  const { fetch } = serverWith({ tools: { a: {} } })
  const texts = ['"', '\\"', '0'.repeat(1000), '1', '-', '\\\\', 'e', '.', '1,', '\\u0000'].map((part) =>
    part.repeat(400_000 / part.length),
  )
  for (const text of texts) {
    for (const body of [withArgument(text), withArgument(`"${text}"`), withArgument(`1${text}`), text]) {
      const start = performance.now()
      await fetch(await post(body))
      expect(performance.now() - start).toBeLessThan(2_000)
    }
  }
}, 60_000)
