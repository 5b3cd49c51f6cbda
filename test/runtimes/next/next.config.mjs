// @ts-check
// What Next.js has to know of this app.

import { fileURLToPath } from 'node:url'

// It may import what lies above it: the subject, and the package by its own name.
const root = fileURLToPath(new URL('../../..', import.meta.url))

/** @type {import('next').NextConfig} */
export default {
  turbopack: { root },
  outputFileTracingRoot: root,
  // Next.js checks types through an API that TypeScript 7 does not have. The test does it with tsc.
  typescript: { ignoreBuildErrors: true },
}
