// Everything below /default-cache/edge, in the edge runtime, with Next's cache between this route and all that it fetches.

import { guardedRoute } from '../../../../guarded-route.ts'

export const runtime = 'edge'
export const fetchCache = 'default-cache'

const guarded = guardedRoute('/default-cache/edge')

export { guarded as GET }
