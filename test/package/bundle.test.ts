// Bundles of the package: without Node.js, and within limits of size.

import { gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { ENTRIES } from '../support/entries.ts'
import { builtPackage } from './support/build.ts'

/** Minified and compressed, with all dependencies, in bytes. A twentieth above the measured size. */
const CEILINGS: { readonly [entry: string]: number } = {
  'caracal-edge': 46_000,
  'caracal-edge/fetch': 41_400,
  'caracal-edge/hono': 63_400,
  'caracal-edge/upstash': 39_200,
  'caracal-edge/redis': 17_700,
  'caracal-edge/live': 6_700,
  'caracal-edge/mcp': 49_500,
  'caracal-edge/otel': 12_300,
  'caracal-edge/testing': 46_500,
}

/** What an app pays in addition to Hono. */
const HONO_GROWTH_CEILING = 62_600

/** The cache over the Cache API, without the guard. */
const KEY_SET_CACHE_CEILING = 700

const PLATFORMS = {
  'any platform': { conditions: [], external: [] },
  Workers: { conditions: ['workerd', 'worker', 'browser'], external: ['cloudflare:*'] },
} as const

const built = builtPackage()
const sizes: string[] = []

interface Bundle {
  readonly text: string
  readonly gzippedBytes: number
  /** External modules. */
  readonly imports: readonly string[]
  /** The files that are part of it. */
  readonly files: readonly string[]
}

/** @param chunks how to split it */
function builtFrom(
  program: string,
  platform: keyof typeof PLATFORMS,
  chunks: Pick<BuildOptions, 'splitting' | 'outdir'> = {},
) {
  const { conditions, external } = PLATFORMS[platform]
  return build({
    ...chunks,
    stdin: { contents: program, resolveDir: built().directory },
    absWorkingDir: built().directory,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: [...conditions],
    external: [...external],
    logLevel: 'silent',
  })
}

async function bundle(program: string, platform: keyof typeof PLATFORMS): Promise<Bundle> {
  const result = await builtFrom(program, platform)
  const text = result.outputFiles.map((file) => file.text).join('')
  return { text, gzippedBytes: gzipSync(text, { level: 9 }).byteLength, ...contentOf(result.metafile) }
}

function contentOf({ outputs }: Metafile): Pick<Bundle, 'imports' | 'files'> {
  const all = Object.values(outputs)
  return {
    imports: all.flatMap((output) => output.imports.map(({ path }) => path)),
    files: all.flatMap((output) =>
      Object.entries(output.inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
    ),
  }
}

afterAll(() => {
  console.info(`minified and compressed, dependencies included:\n${sizes.join('\n')}`)
})

describe.each(ENTRIES)('$specifier', ({ specifier: entry }) => {
  test.each(Object.keys(PLATFORMS) as (keyof typeof PLATFORMS)[])('for %s', async (platform) => {
    const { text, gzippedBytes, imports } = await bundle(`export * from '${entry}'`, platform)
    sizes.push(`  ${entry}, ${platform}: ${text.length} → ${gzippedBytes} bytes`)
    const readsEnvironment = !['caracal-edge/live', 'caracal-edge/testing'].includes(entry)
    expect(imports).toEqual(platform === 'Workers' && readsEnvironment ? ['cloudflare:workers'] : [])
    expect(text.match(/["'`]node:.{0,20}|(?<![.\w#])require\(["'`].{0,20}/g) ?? []).toEqual([])
    expect(gzippedBytes).toBeLessThanOrEqual(CEILINGS[entry] ?? 0)
  })
})

test('a Hono app grows only by the guard and the client of its store', async () => {
  const app = `import { Hono } from 'hono'; export default new Hono()`
  const alone = await bundle(app, 'any platform')
  const guarded = await bundle(
    `import { caracal } from 'caracal-edge/hono'; ${app}.use(caracal())`,
    'any platform',
  )
  const growth = guarded.gzippedBytes - alone.gzippedBytes
  sizes.push(`  what it adds to a Hono app of ${alone.gzippedBytes} bytes: ${growth} bytes`)
  expect(growth).toBeLessThanOrEqual(HONO_GROWTH_CEILING)
  const foreign = guarded.files.filter(
    (file) => !alone.files.includes(file) && file.includes('node_modules/'),
  )
  const packages = new Set(foreign.map((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]))
  expect([...packages].sort()).toEqual(['@upstash/redis', 'jose', 'uncrypto'])
})

test.each(['caracal-edge/hono', 'caracal-edge/upstash'])(
  '%s loads the client of Upstash with the first command',
  async (entry) => {
    const chunks = { splitting: true, outdir: 'chunks' }
    const { metafile } = await builtFrom(`export * from '${entry}'`, 'any platform', chunks)
    const loaded = new Set(['chunks/stdin.js'])
    for (const path of loaded) {
      for (const { path: other, kind } of metafile.outputs[path]?.imports ?? [])
        if (kind === 'import-statement') loaded.add(other)
    }
    const ofUpstash = Object.entries(metafile.outputs)
      .filter(([, { inputs }]) => Object.keys(inputs).some((file) => file.includes('node_modules/@upstash/')))
      .map(([path]) => path)
    expect(ofUpstash).not.toEqual([])
    expect(ofUpstash.filter((path) => loaded.has(path))).toEqual([])
  },
)

test('the core contains neither Upstash nor the test issuer', async () => {
  const { files } = await bundle(`export * from 'caracal-edge'`, 'any platform')
  const foreign = files.filter(
    (file) => file.includes('node_modules/') && !file.includes('node_modules/jose/'),
  )
  expect(foreign).toEqual([])
  expect(files.filter((file) => /upstash|hono|testing/.test(file))).toEqual([])
})

test('the cache over the Cache API is part of a bundle that uses it, and of no other', async () => {
  const cache = /workers-key-set-cache/
  const without = await bundle(`export { withCaracal } from 'caracal-edge'`, 'Workers')
  expect(without.files.filter((file) => cache.test(file))).toEqual([])
  const alone = await bundle(`export { workersKeySetCache } from 'caracal-edge'`, 'Workers')
  expect(alone.files.filter((file) => cache.test(file))).toHaveLength(1)
  expect(alone.gzippedBytes).toBeLessThanOrEqual(KEY_SET_CACHE_CEILING)
})

test('the catalogue is part of a bundle that uses it, and of no other', async () => {
  const { files, gzippedBytes } = await bundle(
    `export { createTestIssuer } from 'caracal-edge/testing'`,
    'any platform',
  )
  expect(files.filter((file) => file.includes('/conformance/'))).toEqual([])
  expect(gzippedBytes).toBeLessThanOrEqual(15_000)
})

test('explanations are part of a bundle that creates a verifier, and of no other', async () => {
  const explanations = /\/guard\/explain\/|refused-claim/
  const { files } = await bundle(`export { createMandateVerifier } from 'caracal-edge'`, 'any platform')
  expect(files.filter((file) => explanations.test(file))).not.toEqual([])
  const others = ENTRIES.map(({ specifier }) => specifier).filter((entry) => entry !== 'caracal-edge')
  const guards = [
    `export { withCaracal } from 'caracal-edge'`,
    ...others.map((entry) => `export * from '${entry}'`),
  ]
  for (const guard of guards) {
    const without = await bundle(guard, 'any platform')
    expect(without.files.filter((file) => explanations.test(file))).toEqual([])
  }
})

test('the observer for the console and the check for health routes are in no bundle that does not use them', async () => {
  const foreign = /dist\/(observe\/|guard\/readiness)/
  const without = await bundle(`export { withCaracal } from 'caracal-edge'`, 'any platform')
  expect(without.files.filter((file) => foreign.test(file))).toEqual([])
  const using = await bundle(`export { consoleObserver } from 'caracal-edge'`, 'any platform')
  expect(using.files.filter((file) => foreign.test(file))).toEqual(['dist/observe/console.js'])
  expect(using.files.filter((file) => file.includes('node_modules'))).toEqual([])
})

test('the in-memory store contains no code of other packages', async () => {
  const { files } = await bundle(`export { InMemoryRevocationStore } from 'caracal-edge'`, 'any platform')
  expect(files.filter((file) => file.includes('node_modules'))).toEqual([])
})

test('an unused import leaves nothing', async () => {
  const imports = ENTRIES.map(({ specifier: entry }) => `import '${entry}'`)
  const { files } = await bundle(imports.join('\n'), 'any platform')
  expect(files).toEqual([])
})
