// The guard as a proxy, in the Node runtime.

export { guard as proxy } from './guard.ts'
