// The shared suite on Deno.

import { describeRuntime } from './describe-runtime.ts'
import { missingUnless } from './runtime.ts'

const DENO = 'node_modules/.bin/deno'
const PERMISSIONS = '--no-prompt --allow-net=127.0.0.1 --allow-env'

describeRuntime({
  name: 'Deno',
  missing: missingUnless(DENO),
  command: () => `${DENO} run --cached-only ${PERMISSIONS} test/runtimes/subject/deno.mjs`,
  platform: [['remoteAddr']],
  answersItself: {},
  heldToEveryRule: {
    '/./admin': 503,
    '/admin\\x': 503,
    '/public/%2e%2e/admin': 503,
    '/public/../admin': 503,
    '/public\\..\\admin': 503,
    '/x/%2e%2e/admin': 503,
    '/x/../admin': 503,
  },
  isDuplex: true,
  opensSockets: true,
  refusedSocketIs: 'closed',
})
