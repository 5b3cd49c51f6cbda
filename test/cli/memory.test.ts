// The Redis in memory of `dev` beside a real one: whatever this package sends, both reply the same.

import { createHmac } from 'node:crypto'
import { RedisRevocationStore, type SyncReport, syncRevocations } from 'caracal-edge/redis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openRedis } from '../../cli/dev/redis.ts'
import { MemoryRedis } from '../../cli/memory/redis.ts'
import { type Reply as MemoryReply, Refusal, Status } from '../../cli/memory/replies.ts'
import { commandTo } from '../../cli/redis-url.ts'
import { hasRedisServer, type RunningRedis, startRedis } from '../../lab/redis-server.mjs'

const [KEY, OTHER_KEY] = ['ab'.repeat(32), 'cd'.repeat(32)]
const [REVOKE, INVALIDATE] = ['caracal.sessions.revoke', 'caracal.delegations.invalidate']
const PREFIX = 'caracal:revoked:sessions:'

type Send = (command: readonly [string, ...string[]]) => Promise<unknown>

/** As a client of Redis gives replies. */
function plain(reply: MemoryReply): unknown {
  if (reply instanceof Refusal) throw reply
  if (reply instanceof Status) return reply.text
  return Array.isArray(reply) ? reply.map(plain) : reply
}

function message(stream: string, fields: { readonly [name: string]: string }, key: string | undefined = KEY) {
  const canonical = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${fields[name]}\n`)
  const signed = createHmac('sha256', Buffer.from(key, 'hex')).update(`${stream}\n${canonical.join('')}`)
  return ['XADD', stream, '*', ...Object.entries(fields).flat(), '_sig', signed.digest('hex')] as const
}

type Step = readonly [string, ...string[]] | Partial<Parameters<typeof syncRevocations>[0]>

const revoke = (id: string, key?: string) => message(REVOKE, { zone_id: 'z', session_id: id }, key)
const raise = (epoch: string, key?: string) => message(INVALIDATE, { zone_id: 'z', epoch }, key)
const FIRST: Step = { giveUp: ['restarted'] }

const CASES: { readonly [title: string]: readonly Step[] } = {
  'a first start': [{}, {}],
  'messages of both streams': [FIRST, revoke('a'), revoke('b'), raise('7'), {}, raise('5'), raise('12'), {}],
  'ids of every kind': [FIRST, message(REVOKE, { delegation_edge_id: 'e', sid: 'ä ☃', root_sid: 'r' }), {}],
  poison: [
    FIRST,
    message(REVOKE, { zone_id: 'z' }),
    raise('-1'),
    ['XADD', REVOKE, '*', 'a', '1', 'a', '2'],
    {},
  ],
  'a key that comes later': [
    FIRST,
    revoke('a', OTHER_KEY),
    raise('9', OTHER_KEY),
    {},
    {},
    { hmacKey: [OTHER_KEY, KEY] },
    {},
  ],
  'unverified and given up': [FIRST, revoke('a', OTHER_KEY), {}, { giveUp: ['unverified'] }],
  'more than one reading': [
    FIRST,
    ...Array.from({ length: 25 }, (_, at) => revoke(`s${at}`)),
    { maxMessages: 7 },
    {},
  ],
  'messages that were cut': [
    FIRST,
    revoke('a'),
    revoke('b'),
    revoke('c'),
    ['XADD', REVOKE, 'MAXLEN', '1', '*', 'x', 'y'],
    {},
    {},
  ],
  'messages that were deleted': [
    FIRST,
    revoke('a'),
    {},
    revoke('b'),
    ['DEL', REVOKE],
    {},
    { giveUp: ['restarted'] },
  ],
  'a group that was set back': [
    FIRST,
    revoke('a'),
    {},
    ['XGROUP', 'SETID', REVOKE, 'resource-revocation', '0'],
    {},
  ],
  'a group set beyond the end': [
    FIRST,
    revoke('a'),
    ['XGROUP', 'SETID', REVOKE, 'resource-revocation', '9999999999999-0'],
    {},
    {},
  ],
  'a group that is gone': [FIRST, revoke('a'), {}, ['XGROUP', 'DESTROY', REVOKE, 'resource-revocation'], {}],
  'another consumer read on': [
    FIRST,
    revoke('a'),
    revoke('b'),
    ['XREADGROUP', 'GROUP', 'resource-revocation', 'other', 'COUNT', '1', 'STREAMS', REVOKE, '>'],
    {},
  ],
  'messages that were cut before another consumer read on': [
    FIRST,
    ['XADD', REVOKE, 'MAXLEN', '0', '*', 'a', 'b'],
    revoke('a'),
    ['XREADGROUP', 'GROUP', 'resource-revocation', 'other', 'COUNT', '3', 'STREAMS', REVOKE, '>'],
    {},
  ],
  'a full stream': [FIRST, ['XADD', REVOKE, '18446744073709551615-18446744073709551615', 'a', 'b'], {}],
  'keys of another type': [
    ['SET', REVOKE, 'x'],
    ['XADD', `${PREFIX}a`, '*', 'a', 'b'],
    FIRST,
    revoke('a'),
    {},
  ],
  'a malformed epoch': [FIRST, ['SET', `${PREFIX}delegation-epoch:z`, 'x'], raise('3'), {}],
}

describe.skipIf(!hasRedisServer())('beside a real Redis', () => {
  let real: RunningRedis
  let askReal: Send
  let askMemory: Send

  beforeAll(async () => {
    real = await startRedis()
    askReal = commandTo({ host: '127.0.0.1', port: real.port })
  })
  afterAll(() => real.stop())
  beforeEach(async () => {
    await askReal(['FLUSHALL'])
    const memory = new MemoryRedis()
    askMemory = async (command) => plain(memory.run(command))
  })

  test.each(Object.entries(CASES))('%s', async (_title, steps) => {
    const [expected, seen] = [await walk(askReal, steps), await walk(askMemory, steps)]
    expect(seen).toEqual(expected)
    expect(expected.length).toBeGreaterThan(steps.length)
  })

  test.each([
    [['XADD', 's', '1-1', 'a']],
    [['XADD', 's', '0-0', 'a', 'b']],
    [['XADD', 's', 'MAXLEN', '-1', '*', 'a', 'b']],
    [['XADD', 's', 'x', 'a', 'b']],
    [['XRANGE', 's', '-', '+']],
    [['XACK', 's', 'g', '1-1']],
    [['XPENDING', 's', 'g']],
    [['XINFO', 'STREAM', 's']],
    [['XGROUP', 'CREATE', 's', 'g', '0']],
    [['XGROUP', 'SETID', 's', 'g', '0']],
    [['XGROUP', 'DESTROY', 's', 'g']],
    [['XGROUP', 'CREATECONSUMER', 's', 'g', 'c']],
    [['XCLAIM', 's', 'g', 'c', '0', '1-1']],
    [['SET', 'a', 'b', 'PX', '0']],
    [['SET', 'a']],
    [['PTTL', 'none']],
    [['PEXPIRE', 'none', '5']],
    [['EXISTS', 'none', 'none']],
    [['EVAL', "return redis.call('XINFO', 'GROUPS', 'none')", '0']],
    [['EVAL', "return redis.pcall('XINFO', 'GROUPS', 'none')", '0']],
    [['EVAL', "return { 1, 2.9, 'x', true, false, { ok = 'FINE' }, redis.call('PING') }", '0']],
    [['EVAL', 'return { KEYS[1], ARGV[1], #ARGV, nil, 5 }', '1', 'k', 'a', 'b']],
    [['EVAL', "return { string.match('12-34', '^(%d+)-(%d+)$') }", '0']],
    [['EVAL', "local t = {} for w in string.gmatch('ab,cd', '%a+') do table.insert(t, w) end return t", '0']],
    [['EVAL', "return { string.gsub('007', '^0+(%d)', '%1') }", '0']],
    [['EVAL', "return { string.gsub('abc d', '%a*', '<%0>') }", '0']],
    [['EVAL', "return { string.gsub('a.b.c', '.', '%%') }", '0']],
    [['EVAL', "return { string.gsub('hello', '^h', 'j') }", '0']],
    [['EVAL', "return { string.match('key = value', '^(%a+)%s*=%s*(%S-)$') }", '0']],
    [['EVAL', "return { string.match('a^b$c', 'a^b$(.?)') }", '0']],
    [['EVAL', "return { string.match('aaab', 'a-b'), string.match('x', 'y') }", '0']],
    [['EVAL', "return { string.match('((a)', '%((%(a)%)') }", '0']],
    [['EVAL', "return { string.match('aXb', '((a)(%a))b') }", '0']],
    [['EVAL', "return string.match('a', '(a')", '0']],
    [
      [
        'EVAL',
        "return { tonumber('1.'), tonumber('.5e1'), tonumber(' -2 '), tonumber('1.2.3') == nil }",
        '0',
      ],
    ],
    [['EVAL', 'local n = 0 repeat local m = n n = n + 1 until m >= 3 return n * 10 - 7 % 4 / 1', '0']],
    [['EVAL', 'local n for i = 10, 1, -3 do n = i if i == 4 then break end end return n', '0']],
    [['EVAL', "return 'a' .. 1 .. 'b' == 'a1b' and not (1 > 2) and (2 ~= '2')", '0']],
    [['EVAL', 'return 1 +', '0']],
    [['EVAL', 'return nil + 1', '0']],
    [['EVAL', 'x = 1', '0']],
  ] as const)('%j', async (command) => {
    const outcome = (send: Send) => send(command).catch((error: Error) => /^\w+/.exec(error.message)?.[0])
    expect(await outcome(askMemory)).toEqual(await outcome(askReal))
  })
})

function isCommand(step: Step): step is readonly [string, ...string[]] {
  return Array.isArray(step)
}

/** Does the steps, and gives all that could differ. */
async function walk(send: Send, steps: readonly Step[]): Promise<readonly unknown[]> {
  const seen: unknown[] = []
  for (const step of steps) {
    if (isCommand(step)) {
      const reply = await send(step).catch((error: Error) => error.message)
      seen.push(step[0] === 'XADD' || step[0] === 'XREADGROUP' ? typeof reply : reply)
    } else {
      const report: SyncReport = await syncRevocations({ command: send, hmacKey: KEY, ...step })
      seen.push(report, ...(await stateOf(send)))
    }
  }
  return seen
}

async function stateOf(send: Send): Promise<readonly unknown[]> {
  const store = new RedisRevocationStore({ command: send })
  const keys = [REVOKE, INVALIDATE].flatMap((stream) => {
    const group = stream === REVOKE ? 'resource-revocation' : 'resource-delegation-invalidation'
    return ['seen', 'trimmed', 'unverified', 'restarted', 'waiting', 'tried'].map(
      (what) => `${PREFIX}sync-${what}:${stream}:${group}`,
    )
  })
  const counts = (key: string) => send(['XLEN', key]).catch(() => 'other')
  return [
    await store
      .lookup({ anchors: ['a', 'b', 'e', 'ä ☃', 'r', 's24'], zoneId: 'z' })
      .catch((error: Error) => error.name),
    await Promise.all(keys.map((key) => send(['TYPE', key]))),
    await Promise.all([REVOKE, INVALIDATE, `${REVOKE}.dead`, `${INVALIDATE}.dead`].map(counts)),
    withoutTimes(await send(['XINFO', 'GROUPS', REVOKE]).catch(() => 'none')),
    withoutTimes(await send(['XREVRANGE', `${REVOKE}.dead`, '+', '-']).catch(() => 'none')),
  ]
}

function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes)
  return typeof value === 'string' ? value.replace(/\d{13}-\d+/g, 'id').replace(/"_sig":"\w+"/, 'sig') : value
}

test('it says what it does not serve', async () => {
  const memory = new MemoryRedis()
  for (const command of [
    ['KEYS', '*'],
    ['XGROUP', 'DELCONSUMER', 's', 'g', 'c'],
    ['SET', 'a', 'b', 'EX', '5'],
    ['EVAL', 'return cjson.encode({})', '0'],
  ]) {
    const reply = memory.run(command)
    expect(reply).toBeInstanceOf(Refusal)
    expect(String(reply)).toMatch(/not served/)
  }
  expect(String(memory.run(['\u0007'.repeat(5_000)]))).toMatch(/this command is not served/)
})

test('no code of its own is shown', () => {
  const script =
    "return { tostring(string.match), tostring({}), tostring(nil), tostring(true), tostring('a') }"
  expect(new MemoryRedis().run(['EVAL', script, '0'])).toEqual(['function', 'table', 'nil', 'true', 'a'])
})

test('pairs gives what a table has, without what is removed meanwhile', () => {
  const script = `local t, seen = { 1, 2, 3, a = 4 }, 0
    for key, value in pairs(t) do seen = seen + value t[3] = nil end return seen`
  expect(new MemoryRedis().run(['EVAL', script, '0'])).toBe(7)
})

test('keys expire', async () => {
  const redis = new MemoryRedis()
  redis.run(['SET', 'a', '1', 'PX', '20'])
  expect(redis.run(['GET', 'a'])).toBe('1')
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect([redis.run(['GET', 'a']), redis.run(['EXISTS', 'a']), redis.run(['PTTL', 'a'])]).toEqual([
    null,
    0,
    -2,
  ])
})

test('a Redis that is named must answer', async () => {
  await expect(openRedis('redis://127.0.0.1:1')).rejects.toThrow(/does not answer PING/)
})
