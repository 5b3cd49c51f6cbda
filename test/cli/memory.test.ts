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

/** Scripts that would hold up everybody, each of them by another thing that no statement counts. */
const HOGS: { readonly [title: string]: string } = {
  'a loop without end': 'while true do local a = 1 end',
  'a call that calls itself': 'local function f() return f() end return f()',
  'a long list': 'return { unpack({}, 1, 1000000000) }',
  'a list without end': 'return { unpack({}, 1, 1 / 0) }',
  'a list of no length': 'return { unpack({}, 0 / 0, 0 / 0) } while true do local a = 1 end',
  'lists of lists': 'local t = {} for i = 1, 50 do t = { t, t } end return t',
  'a table in itself': 'local t = {} t[1] = t return t',
  'a list that is counted again and again':
    'local t = {} for i = 1, 100000 do t[i] = i end while true do t[1] = nil t[1] = 1 end',
  'a text that doubles': "local s = 'x' while true do s = s .. s end",
  'texts that are joined': `local t, s = {}, string.gsub('${'x'.repeat(999)}', 'x', '${'y'.repeat(999)}')
    for i = 1, 1000 do t[i] = s end for i = 1, 1000 do table.concat(t, s) end`,
  'a separator': `local t, s = {}, string.gsub('${'x'.repeat(999)}', 'x', '${'y'.repeat(999)}')
    for i = 1, 9999 do t[i] = '' end return #table.concat(t, s)`,
  'a replacement': `local s = string.gsub('${'x'.repeat(9999)}', 'x', '${'y'.repeat(9999)}')
    for i = 1, 99 do string.gsub(s, 'y', 'zz') end`,
  'formatted texts': "local s = 'x' while true do s = string.format('%s%s%s', s, s, s) end",
  'texts that are compared': `local s, t = string.gsub('${'x'.repeat(999)}', 'x', '${'y'.repeat(9999)}'), 1
    local other = string.gsub('${'x'.repeat(999)}', 'x', '${'y'.repeat(9999)}')
    while s == other do t = t + 1 end`,
  'a pattern that tries everything': `return string.match('${'a'.repeat(200)}', '${'.-'.repeat(20)}x')`,
  'a pattern that takes everything': `return string.gsub('${'a'.repeat(500)}', '${'a*'.repeat(20)}b', '')`,
  'a pattern of many groups': `return string.gmatch('${'a'.repeat(500)}', '${'(a?)'.repeat(50)}b')()`,
  'a long expression': `while true do local a = 1 ${'+ 1 '.repeat(2000)} end`,
  'many names': `while true do local a ${', a'.repeat(9999)} end`,
  'scopes in scopes': `local a ${'do '.repeat(500)} while true do a = a end ${'end '.repeat(500)}`,
  'brackets in brackets': `return ${'('.repeat(30_000)}`,
  'commands without end': "while true do redis.call('PING') end",
  'a script as long as a book': `return 1 ${' '.repeat(100_000)}`,
}

test.each(Object.entries(HOGS))('%s holds up nobody', (_title, script) => {
  const redis = new MemoryRedis()
  const started = performance.now()
  const reply = redis.run(['EVAL', script, '0'])
  const took = performance.now() - started
  expect(String(reply)).toMatch(
    /^Error: ERR (the script (goes too deep|is too long)|too much is asked at once)/,
  )
  expect(took).toBeLessThan(4_000)
  expect(redis.run(['PING'])).toBeInstanceOf(Status)
})

/** What holds up others, or fills the memory, with one command or one request. */
describe('however much is asked', () => {
  const IDS = Array.from({ length: 5_000 }, (_, at) => `${at + 1}-1`)
  const pending = () => {
    const redis = new MemoryRedis()
    for (const id of IDS) redis.run(['XADD', 's', id, 'a', 'b'])
    redis.run(['XGROUP', 'CREATE', 's', 'g', '0'])
    redis.run(['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>'])
    return redis
  }
  const holding = (text: string) => {
    const redis = new MemoryRedis()
    redis.run(['SET', 'k', text])
    return redis
  }
  const repeated = (command: readonly string[], times: number) => Array.from({ length: times }, () => command)
  const TEXT = 'x'.repeat(4 * 1024 * 1024)

  test.each<[string, () => MemoryRedis, readonly (readonly string[])[]]>([
    [
      'ids that are claimed',
      pending,
      [['XCLAIM', 's', 'g', 'c', '0', ...repeated(['5000-1'], 9_000).flat()]],
    ],
    ['readings of a stream', pending, repeated(['XRANGE', 's', '-', '+'], 1_000)],
    [
      'readings in a script',
      pending,
      [['EVAL', "while true do redis.call('XRANGE', 's', '-', '+') end", '0']],
    ],
    ['a long text again and again', () => holding(TEXT), [['MGET', ...repeated(['k'], 100).flat()]]],
    ['long texts of many commands', () => holding(TEXT), repeated(['GET', 'k'], 100)],
    ['long texts of a script', () => holding(TEXT), repeated(['EVAL', 'return ARGV[1]', '0', TEXT], 9)],
    ['long errors', () => holding(TEXT), repeated(['EVAL', 'return { err = ARGV[1] }', '0', TEXT], 9)],
    ['long statuses', () => holding(TEXT), repeated(['EVAL', 'return { ok = ARGV[1] }', '0', TEXT], 9)],
    [
      'a long pattern',
      () => holding(''),
      [['EVAL', "return string.match('x', ARGV[1])", '0', `${'a'.repeat(500_000)}(b${')'.repeat(499_000)}`]],
    ],
    [
      'groups in groups',
      () => holding(''),
      [
        [
          ...['EVAL', 'return string.match(ARGV[2], ARGV[1])', '0'],
          ...[`${'('.repeat(1_000)}a${')'.repeat(1_000)}b`, 'a'.repeat(1_000)],
        ],
      ],
    ],
  ])('%s', (_title, made, commands) => {
    const redis = made()
    const started = performance.now()
    const replies = redis.runAll(commands)
    const took = performance.now() - started
    expect(String(replies.at(-1))).toMatch(/^Error: ERR (too much is asked at once|malformed pattern)/)
    expect(took).toBeLessThan(4_000)
    const texts = replies.filter((reply) => typeof reply === 'string')
    expect(texts.join('').length).toBeLessThan(16 * 1024 * 1024)
    expect(redis.run(['PING'])).toBeInstanceOf(Status)
  })
})

test('no code of its own is shown', () => {
  const script =
    "return { tostring(string.match), tostring({}), tostring(nil), tostring(true), tostring('a') }"
  expect(new MemoryRedis().run(['EVAL', script, '0'])).toEqual(['function', 'table', 'nil', 'true', 'a'])
})

test('a request of many scripts holds up nobody either', () => {
  const script = 'local n = 0 for i = 1, 20000 do n = n + i end return n'
  const commands = Array.from({ length: 500 }, () => ['EVAL', script, '0'])
  const started = performance.now()
  for (const all of [commands, [['MULTI'], ...commands, ['EXEC']]]) {
    const replies = new MemoryRedis().runAll(all).flat()
    expect(replies).toContain(200_010_000)
    expect(String(replies.at(-1))).toMatch(/too much is asked at once/)
  }
  expect(new MemoryRedis().runAll(Array.from({ length: 50_000 }, () => ['PING'])).at(-1)).toBeInstanceOf(
    Refusal,
  )
  expect(performance.now() - started).toBeLessThan(8_000)
})

test('a text that is nearly a number is read once', () => {
  const script = `local s = string.gsub('${'x'.repeat(9999)}', 'x', '${'1'.repeat(99)}') return tonumber(s .. 'x')`
  const started = performance.now()
  expect(new MemoryRedis().run(['EVAL', script, '0'])).toBe(null)
  expect(performance.now() - started).toBeLessThan(4_000)
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
