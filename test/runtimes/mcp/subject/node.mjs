// @ts-check
// The servers on Node.

import { serve } from '@hono/node-server'
import { fetch } from './subject.mjs'

serve({ fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) =>
  console.log(`listening on http://127.0.0.1:${port}`),
)
