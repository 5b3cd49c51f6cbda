// How long an isolate of workerd takes from its start to its first answer, with and without the guard.
// @ts-check

import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { startIssuer } from '../lab/issuer.mjs'
import { startWorker } from '../lab/worker.mjs'
import { quantile } from './interleave.mjs'

/**
 * @typedef {object} ColdStart
 * @property {string} id
 * @property {number} medianMs
 * @property {number} p99Ms
 * @property {number} bytes of the Worker, minified
 * @property {number} gzippedBytes
 */

const AUDIENCE = 'resource://billing-api'
const ZONE_ID = 'zone-bench'
const ROUNDS = 150
/** The first isolates of a process are slower than all others. */
const WARMUP_ROUNDS = 10

const UNGUARDED = `export default { fetch: () => new Response(null) }`

const UNGUARDED_HONO = `
  import { Hono } from 'hono'
  const app = new Hono()
  app.get('*', (c) => c.body(null))
  export default app`

/** What a Worker does that verifies the same tokens with jose alone. @param {string} keys */
const withJose = (keys) => `
  import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose'
  const keys = ${keys}
  export default {
    async fetch(request) {
      const token = request.headers.get('authorization')?.slice('Bearer '.length)
      const { payload } = await jwtVerify(token, keys, { audience: '${AUDIENCE}', algorithms: ['ES256'] })
      return new Response(null, { status: payload.zone_id === '${ZONE_ID}' ? 200 : 403 })
    },
  }`

/** @param {string} options the text of more options */
const guarded = (options) => `
  import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
  export default {
    fetch: withCaracal(() => new Response(null), {
      audience: '${AUDIENCE}',
      revocations: new InMemoryRevocationStore(),
      ${options}
    }),
  }`

/** @param {string} options the text of more options */
const guardedHono = (options) => `
  import { InMemoryRevocationStore } from 'caracal-edge'
  import { caracal } from 'caracal-edge/hono'
  import { Hono } from 'hono'
  const app = new Hono()
  app.use(caracal({
    audience: '${AUDIENCE}',
    revocations: new InMemoryRevocationStore(),
    ${options}
  }))
  app.get('*', (c) => c.body(null))
  export default app`

/** @returns {Promise<ColdStart[]>} */
export async function measureColdStarts() {
  const issuer = await startIssuer({ audience: AUDIENCE, zoneId: ZONE_ID })
  let stopWorker = async () => {}
  try {
    const authorization = `Bearer ${await issuer.mint()}`
    const trust = `issuer: '${issuer.url}', expectedZoneId: '${ZONE_ID}',`
    const keySetUrl = `${issuer.url}/.well-known/jwks.json?zone_id=${ZONE_ID}`
    const keySet = await (await fetch(keySetUrl)).text()
    const programs = [
      { id: 'unguarded', code: await bundle(UNGUARDED) },
      { id: 'inline', code: await bundle(guarded(`${trust} keySet: { jwks: ${keySet} },`)) },
      { id: 'fetched', code: await bundle(guarded(trust)) },
      { id: 'joseInline', code: await bundle(withJose(`createLocalJWKSet(${keySet})`)) },
      { id: 'joseFetched', code: await bundle(withJose(`createRemoteJWKSet(new URL('${keySetUrl}'))`)) },
      { id: 'unguardedHono', code: await bundle(UNGUARDED_HONO) },
      { id: 'guardedHono', code: await bundle(guardedHono(`${trust} keySet: { jwks: ${keySet} },`)) },
    ]
    const { url } = await startWorker({
      config: 'bench/isolates.toml',
      vars: Object.fromEntries(programs.map(({ id, code }) => [id, code])),
      port: 0,
      watch: false,
      onStop: (stop) => {
        stopWorker = stop
      },
    })

    const timed = programs.map((program) => ({ ...program, samples: /** @type {number[]} */ ([]) }))
    for (let round = -WARMUP_ROUNDS; round < ROUNDS; round++) {
      for (const { id, samples } of timed) {
        const startedAt = performance.now()
        // The Worker starts an isolate of its own for every path.
        const response = await fetch(`${url}/${id}/${round}`, { headers: { authorization } })
        if (response.status !== 200) throw new Error(`An isolate answered ${response.status} instead of 200.`)
        await response.arrayBuffer()
        if (round >= 0) samples.push(performance.now() - startedAt)
      }
    }
    return timed.map(({ id, code, samples }) => ({
      id,
      medianMs: quantile(samples, 0.5),
      p99Ms: quantile(samples, 0.99),
      bytes: code.length,
      gzippedBytes: gzipSync(code, { level: 9 }).length,
    }))
  } finally {
    await stopWorker()
    await issuer.close()
  }
}

/** @param {string} program */
async function bundle(program) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
  })
  return outputFiles.map(({ text }) => text).join('')
}
