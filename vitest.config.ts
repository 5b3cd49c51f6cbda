// The core suite runs in Node and inside workerd; what needs files, servers or processes runs in Node alone.

import './test/support/group-by.ts'
import { fileURLToPath } from 'node:url'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, defineProject } from 'vitest/config'
import { ENTRIES, internalModules } from './test/support/entries.ts'
import { LongestFirst } from './test/support/longest-first.ts'

/** Tests import the package by its own name and get its sources. */
const sources = (condition: string) => ({
  alias: [...ENTRIES, ...internalModules(condition)].map(({ specifier, name }) => ({
    find: new RegExp(`^${specifier}$`),
    replacement: fileURLToPath(new URL(`./src/${name}.ts`, import.meta.url)),
  })),
})

const core = 'test/core/**/*.test.ts'
/** What is true of one of the two alone. */
const onlyIn = { node: 'test/core/node/**', workerd: 'test/core/workerd/**' }
const setupFiles = 'test/support/clean-up.ts'
const runtimes = 'test/runtimes/**/*.test.ts'
const soak = 'test/soak/*.test.ts'

const tags = [
  { name: 'slow', description: 'Takes longer than the inner loop should: it waits, or it repeats a lot.' },
]

/** They find what hangs. They are no judgement of speed: the machine may have others to serve. */
const patience = { testTimeout: 30_000, hookTimeout: 60_000 }

/** What the guard logs of the outages that tests bring about. */
function onConsoleLog(line: string): boolean {
  return !/^caracal-edge: (keys|revocation)_unavailable: /.test(line)
}

/**
 * `npm run test:core`: the core in Node within seconds. The files share workers, properties are tried less often, and
 * the script leaves out tests with the tag `slow`.
 */
const quick = defineConfig({
  resolve: sources('default'),
  test: {
    ...patience,
    onConsoleLog,
    include: [core],
    exclude: [onlyIn.workerd],
    setupFiles,
    tags,
    isolate: false,
    pool: 'threads',
    maxWorkers: '100%',
  },
})

const whole = defineConfig({
  test: {
    onConsoleLog,
    sequence: { sequencer: LongestFirst },
    projects: [
      defineProject({
        resolve: sources('default'),
        // The files share workers: most of them take less time than a worker takes to start.
        test: {
          ...patience,
          name: 'core',
          include: [core],
          exclude: [onlyIn.node, onlyIn.workerd],
          isolate: false,
          maxWorkers: 3,
          setupFiles,
          tags,
        },
      }),
      defineProject({
        resolve: sources('default'),
        test: {
          ...patience,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [runtimes, soak, 'test/core/*.test.ts', 'test/core/!(node)/**'],
          // Many of them wait for Redis or for time to pass.
          maxWorkers: 3,
          setupFiles,
          tags,
        },
      }),
      defineProject({
        resolve: sources('default'),
        // After the others, whose times they would disturb. They wait for processes of their own most of the time.
        test: {
          ...patience,
          name: 'runtimes',
          include: [runtimes],
          sequence: { groupOrder: 1 },
          maxWorkers: 3,
        },
      }),
      defineProject({
        resolve: sources('workerd'),
        plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-23' } })],
        // The files share workers: one takes two seconds to start.
        test: {
          ...patience,
          name: 'workerd',
          include: [core],
          exclude: [onlyIn.node],
          isolate: false,
          sequence: { groupOrder: 2 },
          maxWorkers: 3,
          setupFiles,
          tags,
        },
      }),
      // Alone: it judges how long answers take.
      defineProject({ test: { name: 'soak', include: [soak], sequence: { groupOrder: 3 } } }),
    ],
  },
})

export default defineConfig(({ mode }) => (mode === 'quick' ? quick : whole))
