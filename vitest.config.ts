import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^caracal-edge$/, replacement: source('index.ts') },
      { find: /^caracal-edge\/testing$/, replacement: source('testing/index.ts') },
      { find: /^caracal-edge\/upstash$/, replacement: source('upstash.ts') },
      { find: /^#runtime-environment$/, replacement: source('config/runtime-environment.ts') },
    ],
  },
  test: { include: ['test/**/*.test.ts'] },
})
