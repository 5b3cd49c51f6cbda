// Every example, started as its first lines say, answers as `npm run issuer` says.

import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  answerTo,
  exampleProgram,
  reasonToSkip,
  START_COMMANDS,
  startIssuer,
  withExample,
} from './support/examples.ts'

/** Their answers to the admitted requests: the first and the last. */
const ANSWERS: { readonly [file: string]: readonly [invoice: object, payout: object] } = {
  'bun.ts': [
    { invoice: '7', actor: 'user-1' },
    { actor: 'user-1', delegation_hops: 1 },
  ],
  'deno.ts': [
    { actor: 'user-1', from: '127.0.0.1' },
    { actor: 'user-1', from: '127.0.0.1' },
  ],
  'guard-an-app.ts': [{ invoice: '7' }, { actor: 'user-1' }],
  'next/app/invoices/[id]/route.ts': [
    { invoice: '7', actor: 'user-1' },
    { actor: 'user-1', delegation_hops: 1 },
  ],
  'node.mjs': [
    { path: '/invoices/7', actor: 'user-1' },
    { path: '/payouts', actor: 'user-1' },
  ],
  'node-otel.mjs': [
    { path: '/invoices/7', actor: 'user-1' },
    { path: '/payouts', actor: 'user-1' },
  ],
  'worker-hono.ts': [
    { invoice: '7', actor: 'user-1' },
    { actor: 'user-1', delegation_hops: 1 },
  ],
  'worker-observing.ts': [{ invoice: '7', actor: 'user-1' }, { actor: 'user-1' }],
}

/** Has an issuer of its own, and is tested below. */
const HELLO = 'hello.mjs'

/** Those that other files test. */
const TESTED_ELSEWHERE = [
  ...['mcp-bun.ts', 'mcp-worker.ts', 'websocket-echo.ts', 'worker-durable-object.ts', 'worker-redis.ts'],
  'worker.ts',
]

let issuer: Awaited<ReturnType<typeof startIssuer>>

beforeAll(async () => {
  issuer = await startIssuer()
}, 60_000)

afterAll(() => issuer.program.stop())

test('there is no other example', () => {
  expect([...START_COMMANDS.keys()].sort()).toEqual(
    [...Object.keys(ANSWERS), HELLO, ...TESTED_ELSEWHERE].sort(),
  )
})

for (const [file, [invoice, payout]] of Object.entries(ANSWERS)) {
  const reason = reasonToSkip(file)
  test.skipIf(reason)(
    reason === undefined ? file : `${file} (${reason})`,
    async () => {
      let address = ''
      if (file.startsWith('next/')) process.stdout.write('Building and starting the example for Next.js …\n')
      await withExample(file, issuer.variables, async (url) => {
        address = url
        const answers = []
        for (const line of issuer.lines) answers.push(await answerTo(line, url))
        expect(answers).toEqual([
          { title: 'admitted: 200', body: invoice },
          { title: 'no token: 401', body: expect.objectContaining({ error: 'missing_token' }) },
          {
            title: 'without the scope of the route: 403',
            body: expect.objectContaining({ error: 'insufficient_scope' }),
          },
          {
            title: 'without delegation: 403',
            body: expect.objectContaining({ error: 'delegation_required' }),
          },
          { title: 'a payout: 200', body: payout },
        ])
        expect(answers.map(({ title }) => title)).toEqual(issuer.lines.map(({ title }) => title))
        if (file !== 'worker-observing.ts') return
        const health = await fetch(`${url}/healthz`)
        expect([health.status, await health.json()]).toEqual([200, { ok: true }])
      })
      await expect(fetch(address)).rejects.toThrow()
    },
    120_000,
  )
}

test(`${HELLO} prints a command with the answer that the README shows`, async () => {
  const program = exampleProgram(HELLO, {})
  try {
    const [, mandate = '', url = ''] = await program.untilItPrints(/'Authorization: Bearer (\S+)' (\S+)/)
    const answer = await fetch(url, { headers: { authorization: `Bearer ${mandate}` } })
    expect([answer.status, await answer.json()]).toEqual([200, { actor: 'user-1', scopes: ['billing:read'] }])
    const refused = await fetch(url)
    expect([refused.status, await refused.json()]).toMatchObject([401, { error: 'missing_token' }])
  } finally {
    await program.stop()
  }
})
