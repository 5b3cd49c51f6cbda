// The guard as a middleware, in the edge runtime: what a proxy was before Next.js 16, and still works.

export { guard as middleware } from './guard.ts'
