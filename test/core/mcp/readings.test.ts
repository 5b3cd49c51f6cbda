// For random texts that are almost a message: no server, however it reads, runs a tool that was not judged.

import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { call, post, serverWith } from '../support/mcp.ts'
import { parseAll, READERS, toolsRunBy } from '../support/mcp-readers.ts'

vi.setConfig({ testTimeout: 60_000 })

const TOOLS = ['safe', 'other', 'danger']

/** Another spelling of a name, as JSON. */
const spelled = (name: string) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(JSON.stringify(name)) },
    fc
      .constantFrom(
        ...[
          name.toUpperCase(),
          `${name}\0`,
          `\0${name}`,
          `${name} `,
          ` ${name}`,
          `${name}\t`,
          `${name}\u200b`,
        ],
        ...[
          name[0]?.toUpperCase() + name.slice(1),
          name.replace('s', 'ſ'),
          name.replace('a', 'ａ'),
          name.replace('e', 'é'),
        ],
      )
      .map((text) => JSON.stringify(text)),
    fc
      .constantFrom(name)
      .map((text) => `"\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}${text.slice(1)}"`),
  )

const tool = fc.constantFrom(...TOOLS).chain(spelled)
const junk = fc.constantFrom(
  '1',
  'null',
  '-0',
  '1e400',
  '[]',
  '{}',
  '"x"',
  '"\\ud800"',
  '9007199254740993',
  '[[[]]]',
  '',
)

const object = (members: fc.Arbitrary<readonly [string, string]>, least: number) =>
  fc
    .array(members, { minLength: least, maxLength: 5 })
    .map((list) => `{${list.map(([key, value]) => `${key}:${value}`).join(',')}}`)

const member = (name: string, value: fc.Arbitrary<string>) => fc.tuple(spelled(name), value)

const params = fc.oneof(
  {
    weight: 8,
    arbitrary: object(
      fc.oneof(
        { weight: 4, arbitrary: member('name', tool) },
        member('arguments', junk),
        member('__proto__', fc.constant('{"name":"danger"}')),
        member('task', junk),
      ),
      1,
    ),
  },
  junk,
)

const method = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('tools/call').chain(spelled) },
  fc.constantFrom('"ping"', '"tools/list"', '"notifications/x"', '"tasks/result"'),
  junk,
)

/** A message whose members are whole more often than not, with others before, between or after them. */
const almost = fc
  .tuple(
    fc.array(
      fc.oneof(member('method', method), member('params', params), member('result', junk), member('x', junk)),
      { maxLength: 2 },
    ),
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 3 }),
    fc.tuple(fc.constant('"2.0"'), fc.constantFrom('1', '"i"', 'null', '1e400'), method, params),
    fc.nat(4),
  )
  .map(([more, order, values, at]) => {
    const names = ['"jsonrpc"', '"id"', '"method"', '"params"']
    const whole = order.map((index) => [names[index] ?? '', values[index] ?? ''] as const)
    const members = [...whole.slice(0, at), ...more, ...whole.slice(at)]
    return `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`
  })

const body = fc.oneof(
  { weight: 8, arbitrary: almost },
  almost.map((text) => `[${text}]`),
  almost.map((text) => `\ufeff${text}`),
  fc.tuple(almost, almost).map(([one, other]) => one + other),
)

it.each([
  {
    title: 'with a rule for every tool',
    options: { tools: { safe: {}, danger: { requiredScopes: ['never'] } } },
  },
  {
    title: 'with a rule for other tools',
    options: { tools: { danger: { requiredScopes: ['never'] } }, otherTools: {} },
  },
])('$title', async ({ options }) => {
  let passed = 0
  const property = fc.asyncProperty(body, async (text) => {
    const { fetch, served } = serverWith(options)
    const { status } = await fetch(await post(text))
    expect(status === 200).toBe(served.length === 1)
    for (const one of served) {
      passed += 1
      const judged: unknown = JSON.parse(one.text)
      expect(one.mcp.parsedBody).toEqual(judged)
      const name = String((judged as { params?: { name?: unknown } }).params?.name)
      const forwarded = parseAll(one.text)
      const ruleOf = (ran: string) => (Object.hasOwn(options.tools, ran) ? ran : 'that of other tools')
      const ran = READERS.flatMap((reader) => toolsRunBy(reader, forwarded, TOOLS))
      expect(ran.filter((other) => ruleOf(other) !== ruleOf(name))).toEqual([])
      expect(ran).not.toContain('danger')
    }
  })
  await fc.assert(property, { ...numRuns(1_000), examples: [[JSON.stringify(call('safe'))]] })
  expect(passed).toBeGreaterThan(0)
})

it('the readers do tell texts apart', () => {
  const ran = (text: string) =>
    new Set(READERS.flatMap((reader) => toolsRunBy(reader, parseAll(text), TOOLS)))
  const twice = JSON.stringify(call('safe')).replace('"name"', '"Name":"danger","name"')
  expect([...ran(twice)].sort()).toEqual(['danger', 'safe'])
  expect([...ran(JSON.stringify(call('danger\0')))]).toEqual(['danger'])
  expect([...ran(`[${JSON.stringify(call('danger'))}]`)]).toEqual(['danger'])
  expect([...ran(JSON.stringify(call('none')))]).toEqual([])
})
