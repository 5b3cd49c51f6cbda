// @ts-check
// The guard in a Worker, with the tracing of the runtime.

import { env } from 'cloudflare:workers'
import { reporting } from './otel.mjs'

const guarded = reporting(String(env.TRUSTED))

export default {
  /** @param {Request} request */
  fetch: (request) => guarded(request),
}
