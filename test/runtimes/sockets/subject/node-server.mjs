// @ts-nocheck
// The subject on Node, behind the bridge from node:http that Hono has.

import { serve } from '@hono/node-server'
import { subject } from './subject.mjs'

serve({ fetch: subject(process.env.TRUSTED), hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`listening on http://127.0.0.1:${port}`),
)
