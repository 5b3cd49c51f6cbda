// `consoleObserver`: one line for each decision, at its level, which no text of a request or a mandate can forge.

import {
  CaracalConfigError,
  type CaracalOptions,
  type ConsoleObserverOptions,
  consoleObserver,
  type DecisionEvent,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const METHODS = ['debug', 'info', 'warn', 'error', 'log'] as const
let written: { level: string; line: string }[] = []

beforeEach(() => {
  written = []
  for (const level of METHODS)
    vi.spyOn(console, level).mockImplementation(
      (...args) => void written.push({ level, line: args.join('|') }),
    )
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** One request of each outcome: skipped, admitted, refused, in an outage. */
async function decide(options: ConsoleObserverOptions, guard: Partial<CaracalOptions> = {}) {
  const all = { ...issuer.options, exclude: ['/open'], onDecision: consoleObserver(options), ...guard }
  const guarded = withCaracal(() => new Response(), all)
  await guarded(anonymous('/open'))
  await guarded(bearer(await issuer.mint()))
  await guarded(anonymous('/x', { headers: { 'x-request-id': 'request-7' } }))
  const down = { lookup: () => Promise.reject(new TypeError('hunter2')) }
  await withCaracal(() => new Response(), { ...all, revocations: down })(bearer(await issuer.mint()))
  return written
}

describe('what is written at which level:', () => {
  it.each([
    { level: 'debug', levels: ['debug', 'info', 'warn', 'error'] },
    { level: undefined, levels: ['info', 'warn', 'error'] },
    { level: 'info', levels: ['info', 'warn', 'error'] },
    { level: 'warn', levels: ['warn', 'error'] },
    { level: 'error', levels: ['error'] },
  ] as const)('$level', async ({ level, levels }) => {
    const lines = await decide(level === undefined ? {} : { level })
    expect(lines.map((one) => one.level)).toEqual(levels)
  })
})

it('json is an object with a time, a level and the members of the event', async () => {
  const lines = (await decide({ level: 'debug', format: 'json' })).map(({ line }) => JSON.parse(line))
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(lines).toMatchObject([
    { time, level: 'debug', outcome: 'skip', step: 'path', method: 'GET' },
    { time, level: 'info', outcome: 'admit', sub: 'user-1', zoneId: 'zone-1', signatureRemembered: false },
    { time, level: 'warn', outcome: 'deny', reason: 'missing_token', status: 401, requestId: 'request-7' },
    {
      ...{ time, level: 'error', outcome: 'deny', reason: 'revocation_unavailable', fault: 'failed' },
      ...{ status: 503, explanation: expect.stringContaining('TypeError') },
    },
  ])
  expect(JSON.stringify(written)).not.toContain('hunter2')
})

it('pretty is a line to read', async () => {
  await decide({ level: 'debug', format: 'pretty' })
  const ms = String.raw`\d+\.\dms`
  expect(written.map(({ line }) => line)).toEqual([
    expect.stringMatching(RegExp(`^caracal debug skip GET ${ms}$`)),
    expect.stringMatching(
      RegExp(`^caracal info admit GET zone=zone-1 client=app-1 sub=user-1 jti=\\S+ .*store=${ms} ${ms}$`),
    ),
    expect.stringMatching(
      RegExp(
        `^caracal warn deny 401 missing_token GET request=request-7 ${ms} The request carries no mandate.$`,
      ),
    ),
    expect.stringMatching(/^caracal error deny 503 revocation_unavailable .* its lookup threw TypeError/),
  ])
})

it('is json where no terminal reads it, and pretty where one does', async () => {
  await decide({ level: 'error' })
  expect(() => JSON.parse(written[0]?.line ?? '')).not.toThrow()
  written = []
  class Terminal {
    get isTTY() {
      return true
    }
  }
  vi.stubGlobal('process', { stdout: new Terminal() })
  const observer = consoleObserver({ level: 'error' })
  vi.unstubAllGlobals()
  await decide({}, { onDecision: observer })
  expect(written[0]?.line).toMatch(/^caracal error deny 503/)
})

/** What ends a line, moves a cursor, hides text or turns its direction. */
const NASTY = [
  '\n',
  '\r',
  '\u0000',
  '\u001b[2J',
  '\u0085',
  '\u009b31m',
  '\u2028',
  '\u2029',
  '\u202e',
  '\u2066',
]
const nasty = fc
  .array(
    fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 }), fc.constant(' sub=x')),
  )
  .map((parts) => `a${parts.join('')}`)

it.each(['pretty', 'json'] as const)('no text in a %s line ends it, or looks like another', (format) => {
  const observer = consoleObserver({ format, level: 'debug' })
  fc.assert(
    fc.property(nasty, nasty, (sub, clientId) => {
      written = []
      const event = { outcome: 'admit', sub, clientId, zoneId: 'zone-1', jti: 'j', durationMs: 1 }
      observer(event as DecisionEvent)
      const [one, ...others] = written
      expect(others).toEqual([])
      expect(one?.line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/u)
      if (format === 'json') {
        if (sub.length <= 200) expect(JSON.parse(one?.line ?? '')).toMatchObject({ sub })
        return
      }
      // The quoted texts are taken out: what is left has each name once.
      const bare = one?.line.replace(/"(?:[^"\\]|\\.)*"/g, '""') ?? ''
      expect(bare.match(/ sub=/g)).toHaveLength(1)
    }),
    numRuns(200),
  )
})

it('a long text is cut', () => {
  consoleObserver({ format: 'json' })({ outcome: 'admit', sub: 'x'.repeat(5_000) } as DecisionEvent)
  expect(JSON.parse(written[0]?.line ?? '')).toMatchObject({ sub: `${'x'.repeat(200)}…` })
})

it('never throws, not even if the console does', async () => {
  vi.spyOn(console, 'info').mockImplementation(() => {
    throw new Error('EPIPE')
  })
  const observer = consoleObserver({ format: 'json' })
  expect(() => observer({ outcome: 'admit' } as DecisionEvent)).not.toThrow()
  expect(() => observer({ outcome: 'admit', sub: 1n } as never)).not.toThrow()
  expect(() => observer(undefined as never)).not.toThrow()
})

it.each<[unknown, RegExp]>([
  [{ level: 'warning' }, /level must be one of 'debug', 'info', 'warn', 'error', not another string/],
  [{ format: 7 }, /format must be one of 'pretty', 'json', not a number/],
  [{ levels: 'warn' }, /Unknown option "levels". Did you mean "level"\?/],
  [undefined, /must be an object/],
  ['warn', /must be an object/],
])('a mistake in the options stops it: %j', (options, message) => {
  expect(() => consoleObserver(options as ConsoleObserverOptions)).toThrow(CaracalConfigError)
  expect(() => consoleObserver(options as ConsoleObserverOptions)).toThrow(message)
})
