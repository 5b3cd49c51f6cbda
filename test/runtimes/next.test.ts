// The shared suite in Next.js, built and started: route handlers in both of its runtimes, and its proxy.

import { afterAll } from 'vitest'
import { describeRuntime } from './describe-runtime.ts'
import { describeMcp } from './mcp/describe-mcp.ts'
import { NEXT, NextApp } from './next-app.ts'
import { missingUnless, type Runtime } from './runtime.ts'
import { platformCaches } from './suite/platform-caches.ts'
import { proxyGate } from './suite/proxy-gate.ts'

const app = new NextApp('next')
afterAll(() => app.remove())

const next = (name: string, prefix: string, isDuplex: boolean): Runtime => ({
  name,
  missing: missingUnless(NEXT) ?? missingUnless('node_modules/@next'),
  command: () => app.startCommand(),
  prefix,
  isOptionsFunctionOnly: true,
  platform: [['params']],
  answersItself: {
    '//admin': 308,
    '///admin//x': 308,
    '/admin\\x': 308,
    '/admin/%zz': 500,
    '/admin/%': 500,
    '/admin%2F%ff': 500,
    '//public': 308,
    '/public\\..\\admin': 308,
    '/public/..%00/': 308,
  },
  isDuplex,
  opensSockets: false,
  refusedSocketIs: 'cut off',
})

describeRuntime(next('Next.js, Node runtime', '/node', true), (at) => {
  proxyGate(at)
  platformCaches(at)
})
describeRuntime(next('Next.js, edge runtime', '/edge', false))

describeMcp(
  'MCP in Next.js',
  () => app.startCommand(),
  missingUnless(NEXT) ?? missingUnless('node_modules/@next'),
  [{ server: 'mcp-handler', hasSessions: false }],
  '/mcp',
)
