// @ts-check
// Bundles the subject as for an edge platform, and runs it in edge-runtime until it is killed.

import { fileURLToPath } from 'node:url'
import { EdgeRuntime, runServer } from 'edge-runtime'
import { build } from 'esbuild'

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('subject/edge-runtime.mjs', import.meta.url))],
  bundle: true,
  write: false,
  conditions: ['edge-light', 'worker', 'browser'],
})

const runtime = new EdgeRuntime({
  initialCode: outputFiles.map(({ text }) => text).join('\n'),
  // An edge platform of this kind has variables in process.env, and nothing else of a process.
  extend: (context) => Object.assign(context, { process: { env: { ...process.env } } }),
})
const { url } = await runServer({ runtime, host: '127.0.0.1', port: 0 })
console.log(`listening on ${url}`)
