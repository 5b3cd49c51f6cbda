// The core suite runs in Node and inside workerd; what needs files, servers or processes runs in Node alone.

import './test/support/group-by.ts'
import { fileURLToPath } from 'node:url'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, defineProject } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Tests import the package by its own name and get its sources. */
const sources = (environment: string) => ({
  alias: [
    { find: /^caracal-edge$/, replacement: source('index.ts') },
    { find: /^caracal-edge\/fetch$/, replacement: source('fetch.ts') },
    { find: /^caracal-edge\/hono$/, replacement: source('hono.ts') },
    { find: /^caracal-edge\/testing$/, replacement: source('testing.ts') },
    { find: /^caracal-edge\/upstash$/, replacement: source('upstash.ts') },
    { find: /^#runtime-environment$/, replacement: source(environment) },
  ],
})

const core = 'test/core/**/*.test.ts'
/** What is true of one of the two alone. */
const onlyIn = { node: 'test/core/node/**', workerd: 'test/core/workerd/**' }
const runtimes = 'test/runtimes/**/*.test.ts'

export default defineConfig({
  test: {
    projects: [
      defineProject({
        resolve: sources('lib/runtime-environment.ts'),
        test: { name: 'node', include: ['test/**/*.test.ts'], exclude: [runtimes, onlyIn.workerd] },
      }),
      defineProject({
        resolve: sources('lib/runtime-environment.ts'),
        // After the others, whose times they would disturb. They wait for processes of their own most of the time.
        test: { name: 'runtimes', include: [runtimes], sequence: { groupOrder: 1 }, maxWorkers: 3 },
      }),
      defineProject({
        resolve: sources('lib/runtime-environment.workerd.ts'),
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-23' } })],
        test: { name: 'workerd', include: [core], exclude: [onlyIn.node] },
      }),
    ],
  },
})
