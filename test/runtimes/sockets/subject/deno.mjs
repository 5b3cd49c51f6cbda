// @ts-nocheck
// The subject on Deno.

import { subject } from './subject.mjs'

Deno.serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  subject(Deno.env.get('TRUSTED')),
)
