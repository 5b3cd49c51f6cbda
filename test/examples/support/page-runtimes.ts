// All programs of the pages together in one process of each runtime. The header `x-program` says which one is asked.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { PageProgram, Runtime } from './page-programs.ts'
import { RunningProgram, type Variables } from './running-program.ts'

export interface Started {
  readonly url: string
  readonly stop: () => Promise<unknown>
}

/** How each runtime serves `fetch`, and says where. */
const SERVED: Readonly<Record<Runtime, string>> = {
  Bun: `const server = Bun.serve({ port: 0, fetch })\nconsole.log('http://127.0.0.1:' + server.port)`,
  Deno: `Deno.serve({ port: 0, hostname: '127.0.0.1' }, fetch)`,
  Node: `import { serve } from '@hono/node-server'
    serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log('http://127.0.0.1:' + port))`,
  workerd: 'export default { fetch }',
}

const MAIN = `
export const fetch = (request, ...platform) => {
  const program = programs[request.headers.get('x-program')]
  return typeof program === 'function' ? program(request, ...platform) : program.fetch(request, ...platform)
}
`

/**
 * @param folder within the package, which the programs import by its name
 * @param codes the code of each program, by its name
 */
export async function startPrograms(
  runtime: Runtime,
  programs: readonly PageProgram[],
  codes: ReadonlyMap<string, string>,
  folder: string,
  variables: Variables,
): Promise<Started> {
  const place = join(folder, runtime)
  mkdirSync(place)
  const names = programs.map(({ of, more = '', host = 'export default page.default' }, number) => {
    writeFileSync(join(place, `page${number}.ts`), `${codes.get(of)}\n${more}`)
    writeFileSync(join(place, `host${number}.ts`), `import * as page from './page${number}.ts'\n${host}`)
    return `'${of}': host${number}`
  })
  const imports = programs.map((_, number) => `import host${number} from './host${number}.ts'`)
  const main = join(place, 'main.ts')
  writeFileSync(
    main,
    [...imports, `const programs = { ${names.join(', ')} }`, MAIN, SERVED[runtime]].join('\n'),
  )
  if (runtime === 'workerd') return startWorkerd(main, variables)
  if (runtime === 'Node') await bundleForNode(main)
  const program = new RunningProgram(COMMANDS[runtime](main), variables)
  const [url] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
  return { url, stop: () => program.stop() }
}

const COMMANDS = {
  Bun: (main: string) => `node_modules/.bin/bun ${main}`,
  Deno: (main: string) => `node_modules/.bin/deno run --no-check --allow-env --allow-net ${main}`,
  Node: (main: string) => `node ${main.replace(/ts$/, 'mjs')}`,
}

/** Node.js 20 does not read TypeScript. */
async function bundleForNode(main: string): Promise<void> {
  await build({
    entryPoints: [main],
    outfile: main.replace(/ts$/, 'mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    // Next.js has no `exports`, and Node.js wants whole names then.
    alias: { 'next/server': 'next/server.js' },
  })
}

async function startWorkerd(main: string, variables: Variables): Promise<Started> {
  const { outputFiles } = await build({
    entryPoints: [main],
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
  })
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'main.mjs', contents: outputFiles[0]?.text ?? '' }],
      compatibilityDate: '2026-07-01',
      bindings: variables,
      serviceBindings: {
        ASSETS: async ({ url }: { readonly url: string }) =>
          new Response(`asset of ${new URL(url).pathname}`),
      },
    }),
  )
  return { url: (await miniflare.ready).origin, stop: () => miniflare.dispose() }
}
