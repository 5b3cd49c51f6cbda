// What Next.js has to know here.

import type { NextConfig } from 'next'

export default {
  // Next.js checks types through an API that TypeScript 7 does not have: `tsc -p examples/next` does it.
  typescript: { ignoreBuildErrors: true },
} satisfies NextConfig
