// Whatever a client writes into a request line and a Host: no handler runs for somebody who may not reach it.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { skip } from '../describe-runtime.ts'
import { missingUnless } from '../runtime.ts'
import hostile from './hostile.json' with { type: 'json' }
import { forEachOf } from './raw.ts'
import { HONEST, HOSTILE } from './requests.ts'
import { Server } from './server.ts'

const BIN = 'node_modules/.bin'
const SUBJECT = 'test/runtimes/sockets/subject'
const START_LIMIT_MS = 60_000
const LIMIT_MS = 60_000
/** How many of the unexpected answers a failure prints. */
const SHOWN = 20

interface Served {
  readonly command: string
  /** The program that has to be there. */
  readonly needs?: string
  /** Whether something of JavaScript, between the server and `fetch`, builds the URL. */
  readonly hasBridge?: true
  /** Honest requests that the server refuses itself, with their status. */
  readonly refuses?: Readonly<Record<string, number>>
}

/** Node's parser takes no bytes beyond ASCII in a target. */
const NODE_REFUSES = { 'GET /health/café HTTP/1.1': 400, 'GET /café HTTP/1.1': 400 }

const SERVERS: Readonly<Record<string, Served>> = {
  Deno: {
    command: `${BIN}/deno run --cached-only --no-prompt --allow-net=127.0.0.1 --allow-env ${SUBJECT}/deno.mjs`,
    needs: `${BIN}/deno`,
  },
  Bun: { command: `${BIN}/bun ${SUBJECT}/bun.mjs`, needs: `${BIN}/bun` },
  Node: { command: `node ${SUBJECT}/node-server.mjs`, hasBridge: true, refuses: NODE_REFUSES },
  'Node, a bridge as docs/node.md wants it': {
    command: `node ${SUBJECT}/node-bridge.mjs`,
    hasBridge: true,
    refuses: {
      ...NODE_REFUSES,
      'GET http://api.test/health HTTP/1.1': 400,
      'GET http://api.test:8080/health?x HTTP/1.1': 400,
      'GET http://api.test/x HTTP/1.1': 400,
      'GET http://api.test/admin HTTP/1.1': 400,
    },
  },
  'workerd, nothing in front': {
    command: 'node test/runtimes/sockets/start-workerd.mjs',
    needs: `${BIN}/workerd`,
  },
}

for (const [name, served] of Object.entries(SERVERS)) {
  const { command, needs } = served
  const missing = needs === undefined ? undefined : missingUnless(needs)
  if (missing === undefined) describe(name, () => describeServer(new Server(command), served))
  else skip(name, missing)
}

function describeServer(server: Server, { hasBridge, refuses = {} }: Served): void {
  beforeAll(() => server.start(), START_LIMIT_MS)
  afterAll(() => server.stop())

  /** What came of hostile requests in guarded apps against all expectation, and in one without a guard. */
  async function askHostile(by: string, isExpected: (answer: string) => boolean) {
    const unexpected: string[] = []
    const unguarded = new Set<string>()
    await forEachOf(HOSTILE, async (head) => {
      const told = await server.ask(head, by)
      if (typeof told === 'number') return
      const { 'no guard': control = '', ...answers } = told.answers
      unguarded.add(control)
      for (const [app, answer] of Object.entries(answers)) {
        if (!isExpected(answer)) unexpected.push(`${JSON.stringify(head)} as ${told.url}: ${app}: ${answer}`)
      }
    })
    return { unexpected, unguarded }
  }

  describe('raw requests', () => {
    test(
      'without a mandate reach nothing but what is excluded',
      async () => {
        const { unexpected, unguarded } = await askHostile('nobody', (answer) =>
          ['401', 'health', 'healthz'].includes(answer),
        )
        expect(unexpected.slice(0, SHOWN)).toEqual([])
        // They do get to the apps, with paths of every kind.
        expect([...unguarded]).toEqual(expect.arrayContaining(['admin', 'health', 'other']))
      },
      LIMIT_MS,
    )

    test(
      'with a mandate reach no route whose scope it lacks',
      async () => {
        // A router may have an answer of its own to a path that it cannot decode.
        const { unexpected, unguarded } = await askHostile('reader', (answer) =>
          /^(health|healthz|other|\d{3})$/.test(answer),
        )
        expect(unexpected.slice(0, SHOWN)).toEqual([])
        expect([...unguarded]).toContain('admin')
      },
      LIMIT_MS,
    )

    if (hasBridge) {
      test(
        'reach the path in their first line through a bridge, whatever their Host',
        async () => {
          const read = await forEachOf(hostile.hosts, async (host) => {
            const told = await server.ask(['GET /admin HTTP/1.1', `Host: ${host}`], 'nobody')
            return typeof told === 'number' ? '/admin' : told.url.replace(/^http:\/\/[^/?#]+/, '')
          })
          expect([...new Set(read)]).toEqual(['/admin'])
        },
        LIMIT_MS,
      )
    }

    test(
      'that are odd and honest are answered',
      async () => {
        const answers = await forEachOf(
          HONEST,
          async ({ head, by }) => [head, await server.ask(head, by)] as const,
        )
        const reached = answers.map(([head, told]) => [
          head,
          typeof told === 'number' ? told : [...new Set(Object.values(told.answers))],
        ])
        expect(reached).toEqual(HONEST.map(({ head, route }) => [head, refuses[head[0] ?? ''] ?? [route]]))
      },
      LIMIT_MS,
    )
  })
}
