// @ts-nocheck
// The servers on Deno.

import { fetch } from './subject.mjs'

Deno.serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  fetch,
)
