// @ts-check
// What gives a page several names: locales, rewrites, and where NEXT_BASE_PATH says so a path before everything.

import { fileURLToPath } from 'node:url'

// It may import what lies above it: the package by its own name.
const root = fileURLToPath(new URL('../../..', import.meta.url))
const basePath = process.env.NEXT_BASE_PATH

/** @type {import('next').NextConfig} */
export default {
  turbopack: { root },
  outputFileTracingRoot: root,
  // Next.js checks types through an API that TypeScript 7 does not have. The test does it with tsc.
  typescript: { ignoreBuildErrors: true },
  i18n: { locales: ['en', 'fr', 'de-AT'], defaultLocale: 'en', localeDetection: false },
  rewrites: async () => [
    { source: '/payroll', destination: '/secret' },
    { source: '/payroll/:id', destination: '/secret' },
  ],
  generateBuildId: () => 'build-1',
  ...(basePath === undefined
    ? // Then the proxy is told the path as it came.
      { skipProxyUrlNormalize: true, skipTrailingSlashRedirect: true }
    : { basePath }),
}
