// @ts-check
// An app that prerenders whatever reads no request: Next.js calls its GET handlers while it builds.

import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** @type {import('next').NextConfig} */
export default {
  cacheComponents: true,
  partialPrefetching: true,
  turbopack: { root },
  outputFileTracingRoot: root,
  // Next.js checks types through an API that TypeScript 7 does not have. The test does it with tsc.
  typescript: { ignoreBuildErrors: true },
}
