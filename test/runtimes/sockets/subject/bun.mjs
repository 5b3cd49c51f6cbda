// @ts-nocheck
// The subject on Bun.

import { subject } from './subject.mjs'

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: subject(process.env.TRUSTED) })
console.log(`listening on http://127.0.0.1:${server.port}`)
