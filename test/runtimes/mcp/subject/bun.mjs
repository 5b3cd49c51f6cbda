// @ts-nocheck
// The servers on Bun.

import { fetch } from './subject.mjs'

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, idleTimeout: 60 })
console.log(`listening on http://127.0.0.1:${server.port}`)
