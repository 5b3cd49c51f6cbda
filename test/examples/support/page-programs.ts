// The complete programs of the pages that are no files of examples/: where each runs, how it is asked, what it answers.

import { HOSTS } from './page-hosts.ts'

export type Runtime = 'Bun' | 'Deno' | 'Node' | 'workerd'

/** What `dev` is asked for. */
export interface Minted {
  readonly scopes?: readonly string[]
  readonly zone?: string
  readonly hops?: number
}

export interface Question {
  /** `POST /payouts` */
  readonly ask: string
  /** Without it, there is no mandate in the request. `again`: the one of the question before. */
  readonly mandate?: Minted | 'again'
  readonly body?: object
  readonly status: number
  /** Part of the body, which may go on without end. */
  readonly says: string
}

export interface PageProgram {
  /** `docs/rules.md#2`: the second program of the page that is no example. */
  readonly of: string
  readonly runtimes: readonly Runtime[]
  /** Added to the program, which has no export. */
  readonly more?: string
  /** The rest of a module that sees the program as `page`, and has a fetch function or a Worker as its default. */
  readonly host?: string
  readonly asked: readonly Question[]
}

const EVERYWHERE: readonly Runtime[] = ['Bun', 'Deno', 'Node', 'workerd']
const READ = { scopes: ['billing:read'] }
const PAYOUT = { scopes: ['billing:payout'] }
const ACTOR = '"actor":"user-1"'
const MISSING = { status: 401, says: '"missing_token"' }
const LACKS_SCOPE = { status: 403, says: '"insufficient_scope"' }
const REVOKED = { status: 401, says: '"session_revoked"' }
const CALL = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'invoices.list', arguments: {} } }

const stranger = (ask = 'GET /'): Question => ({ ask, ...MISSING })
const open = (ask: string, says: string): Question => ({ ask, status: 200, says })
const admitted = (says = ACTOR, ask = 'GET /', mandate: Minted = READ): Question => {
  return { ask, mandate, status: 200, says }
}
/** What the simplest ones are asked. */
const USUAL = [stranger(), admitted()]
const ended = (says: string): readonly Question[] => [
  stranger(),
  admitted(says),
  { ask: 'GET /', mandate: 'again', ...REVOKED },
]

export const PAGE_PROGRAMS: readonly PageProgram[] = [
  {
    of: 'README.md#1',
    runtimes: EVERYWHERE,
    asked: [
      ...USUAL,
      open('GET /healthz', '{}'),
      { ask: 'POST /payouts', mandate: READ, ...LACKS_SCOPE },
      admitted(ACTOR, 'POST /payouts', PAYOUT),
    ],
  },
  { of: 'docs/configuration.md#1', runtimes: ['workerd'], asked: USUAL },
  {
    of: 'docs/configuration.md#3',
    runtimes: EVERYWHERE,
    host: HOSTS.keySetCache,
    asked: [stranger(), admitted('fetchedAt')],
  },
  { of: 'docs/handlers.md#1', runtimes: EVERYWHERE, asked: [stranger(), admitted('"hops":1')] },
  {
    of: 'docs/hono.md#1',
    runtimes: EVERYWHERE,
    asked: [stranger('GET /invoices'), admitted(ACTOR, 'GET /invoices')],
  },
  {
    of: 'docs/hono.md#2',
    runtimes: EVERYWHERE,
    more: `app.get('/', (c) => c.json({ actor: c.var.caracal.sub }))\nexport default app`,
    asked: [...USUAL, { ask: 'OPTIONS /', status: 204, says: '' }],
  },
  {
    of: 'docs/hono.md#3',
    runtimes: EVERYWHERE,
    asked: [
      stranger('POST /billing/payouts'),
      { ask: 'POST /billing/payouts', mandate: READ, ...LACKS_SCOPE },
      admitted(ACTOR, 'POST /billing/payouts', PAYOUT),
    ],
  },
  {
    of: 'docs/hono.md#4',
    runtimes: EVERYWHERE,
    more: 'export default app',
    asked: [stranger(), admitted('hello user-1'), open('GET /healthz', 'ok')],
  },
  { of: 'docs/local-development.md#1', runtimes: EVERYWHERE, asked: USUAL },
  {
    of: 'docs/mcp.md#1',
    runtimes: EVERYWHERE,
    asked: [
      { ask: 'POST /mcp', body: CALL, ...MISSING },
      { ...admitted('3 open invoices', 'POST /mcp', { ...READ, hops: 0 }), body: CALL },
      {
        ask: 'POST /mcp',
        mandate: READ,
        body: { ...CALL, params: { name: 'payouts.create', arguments: {} } },
        ...LACKS_SCOPE,
      },
    ],
  },
  {
    of: 'docs/moving-over.md#1',
    runtimes: EVERYWHERE,
    asked: [
      ...USUAL,
      open('GET /healthz', 'anybody'),
      { ask: 'GET /payouts', mandate: READ, ...LACKS_SCOPE },
    ],
  },
  { of: 'docs/moving-over.md#2', runtimes: EVERYWHERE, host: HOSTS.olderStore, asked: ended('last') },
  { of: 'docs/nextjs.md#1', runtimes: ['Node'], host: HOSTS.requiring, asked: USUAL },
  {
    of: 'docs/nextjs.md#2',
    runtimes: ['Node'],
    host: HOSTS.proxy,
    asked: [
      stranger(),
      admitted('caches: private, no-store', 'GET /pages'),
      open('GET /about', 'caches: null'),
      stranger('POST /about'),
    ],
  },
  {
    of: 'docs/node.md#1',
    runtimes: ['Node'],
    host: HOSTS.listener,
    asked: [stranger('POST /'), { ...admitted('"asked":{"invoice":7}', 'POST /'), body: { invoice: 7 } }],
  },
  { of: 'docs/node.md#2', runtimes: ['Node'], host: HOSTS.express, asked: USUAL },
  { of: 'docs/opentelemetry.md#2', runtimes: EVERYWHERE, asked: USUAL },
  {
    of: 'docs/revocation.md#1',
    runtimes: ['workerd'],
    host: HOSTS.scheduled,
    asked: [open('GET /cron', 'done'), ...USUAL],
  },
  { of: 'docs/revocation.md#3', runtimes: EVERYWHERE, host: HOSTS.database, asked: ended('last') },
  { of: 'docs/revocation.md#4', runtimes: EVERYWHERE, host: HOSTS.endSession, asked: ended('last') },
  {
    of: 'docs/rules.md#1',
    runtimes: EVERYWHERE,
    asked: [
      stranger('GET /invoices'),
      admitted('"path":"/invoices"', 'GET /invoices'),
      admitted('"path":"/payouts"', 'GET /payouts', { scopes: ['payouts:read'] }),
      { ask: 'POST /payouts', mandate: { scopes: ['payouts:read'] }, ...LACKS_SCOPE },
      { ask: 'DELETE /payouts', mandate: { scopes: ['payouts:create'] }, ...LACKS_SCOPE },
      open('GET /', 'anybody'),
      open('OPTIONS /payouts', 'anybody'),
    ],
  },
  {
    of: 'docs/rules.md#2',
    runtimes: EVERYWHERE,
    asked: [
      { ...stranger('POST /'), body: { amount: 10 } },
      { ...admitted('"paid":10', 'POST /', PAYOUT), body: { amount: 10 } },
      { ask: 'POST /', mandate: PAYOUT, body: { amount: 5_000 }, ...LACKS_SCOPE },
    ],
  },
  {
    of: 'docs/rules.md#3',
    runtimes: EVERYWHERE,
    asked: [
      stranger('GET /7'),
      admitted('"zoneId":"zone-a"', 'GET /7'),
      { ask: 'GET /7', mandate: { zone: 'zone-b' }, status: 404, says: 'Not found' },
    ],
  },
  {
    of: 'docs/streams.md#1',
    runtimes: EVERYWHERE,
    asked: [stranger(), admitted('data: {"open_invoices":3}')],
  },
  // As a WebSocket: page-programs.test.ts.
  { of: 'docs/streams.md#2', runtimes: ['Deno'], asked: [stranger()] },
  {
    of: 'docs/streams.md#3',
    runtimes: EVERYWHERE,
    host: HOSTS.copyAll,
    asked: [stranger(), admitted('copied')],
  },
  {
    of: 'docs/testing.md#2',
    runtimes: EVERYWHERE,
    host: 'export default page.service()',
    asked: [stranger('GET /invoices'), admitted(ACTOR, 'GET /invoices')],
  },
  { of: 'docs/troubleshooting.md#1', runtimes: EVERYWHERE, asked: USUAL },
  {
    of: 'docs/verifier.md#1',
    runtimes: EVERYWHERE,
    asked: [...USUAL, { ask: 'GET /', mandate: PAYOUT, ...LACKS_SCOPE }],
  },
  { of: 'docs/workers.md#1', runtimes: ['workerd'], asked: USUAL },
  {
    of: 'docs/workers.md#2',
    runtimes: ['workerd'],
    asked: [
      stranger('GET /invoices'),
      admitted('asset of /invoices', 'GET /invoices'),
      open('GET /assets/logo.svg', 'asset of /assets/logo.svg'),
      open('GET /', 'asset of /'),
    ],
  },
  {
    of: 'docs/workers.md#3',
    runtimes: EVERYWHERE,
    host: HOSTS.pay,
    asked: [
      open('GET /', 'refused: missing_token'),
      { ask: 'GET /', mandate: READ, status: 200, says: 'refused: insufficient_scope' },
      admitted('user-1 paid 7', 'GET /', PAYOUT),
    ],
  },
]

/** Run by tests of their own, which name the page. */
export const RUN_ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/agents.md#1': 'test/examples/page-clients.test.ts',
  'docs/explain.md#1': 'test/core/node/explain-document.test.ts',
  'docs/observing.md#1': 'test/package/documents.test.ts', // It is an example.
  'docs/opentelemetry.md#1': 'test/package/documents.test.ts', // It is an example.
  'docs/revocation.md#2': 'test/examples/page-clients.test.ts',
  'docs/revocation.md#5': 'test/examples/page-clients.test.ts',
  'docs/testing.md#1': 'test/examples/testing-document.test.ts',
}

/** Why the rest are type-checked only. */
export const NOT_RUN: Readonly<Record<string, string>> = {
  'docs/configuration.md#2': 'two options, for an STS that compose calls `sts`',
  'docs/nextjs.md#3':
    'a Server Action, which only a form of a built page can call: test/runtimes/next calls one like it',
}
