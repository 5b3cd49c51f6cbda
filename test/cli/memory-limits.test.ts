// What one request of the Redis in memory may take: nothing else is served meanwhile, and memory has an end.

import { describe, expect, test } from 'vitest'
import { MemoryRedis } from '../../cli/memory/redis.ts'
import { Refusal, Status } from '../../cli/memory/replies.ts'

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
