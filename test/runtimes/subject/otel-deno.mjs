// @ts-nocheck
// Deno reports by itself, with OTEL_DENO=true: also the span of each request.

import { reporting } from './otel.mjs'

Deno.serve(
  { hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) },
  reporting(Deno.env.get('TRUSTED')),
)
