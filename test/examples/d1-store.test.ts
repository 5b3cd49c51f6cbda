// A store over a real D1, checked inside workerd: the checks find what its first version lacks, and the second passes.

import { fileURLToPath } from 'node:url'
import { InMemoryRevocationStore } from 'caracal-edge'
import { testRevocationStore } from 'caracal-edge/testing'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))

let miniflare: Miniflare
let origin: string

beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [pathOf('support/d1-worker.ts')],
    alias: { 'caracal-edge/testing': pathOf('../../src/testing.ts') },
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
  })
  const options = convertV4MiniflareOptions({
    modules: [{ type: 'ESModule', path: 'main.mjs', contents: outputFiles[0]?.text ?? '' }],
    compatibilityDate: '2026-07-01',
    d1Databases: ['DB'],
  })
  miniflare = new Miniflare(options)
  origin = (await miniflare.ready).origin
  expect(await said('schema', '')).toBe('made')
}, 60_000)

afterAll(() => miniflare.dispose())

async function said(store: string, title: string): Promise<string> {
  const response = await fetch(`${origin}/${store}?${new URLSearchParams({ title })}`)
  return response.text()
}

const TITLES = testRevocationStore(() => new InMemoryRevocationStore()).map(({ title }) => title)

describe('the store', () => {
  it.concurrent.each(TITLES)('%s', { timeout: 30_000 }, async (title) => {
    expect(await said('store', title)).toBe('passed')
  })
})

/** What the first version does wrong. */
const FOUND = [
  'answers `Infinity` for an epoch of 2^53 or more',
  'finds a revoked id wherever it stands among the four',
  'keeps the highest of many epochs that are marked at the same time',
  'never shortens the time of a mark, and lengthens it',
  'only ever raises an epoch',
  'refuses a wrong epoch in the same way, and marks nothing',
  'refuses a wrong id with a TypeError that names the argument',
  'refuses a wrong time in the same way, and marks nothing',
  'remembers for the whole time that was given',
  'revokes exactly the id that was marked',
]

describe('its first version', () => {
  it.concurrent.each(FOUND)('fails: %s', { timeout: 30_000 }, async (title) => {
    expect(await said('naive', title)).toMatch(/ must (give|be refused)/)
  })
})
