// Everything below /default-cache/node, in the Node runtime, with Next's cache between this route and all that it fetches.

import { guardedRoute } from '../../../../guarded-route.ts'

export const fetchCache = 'default-cache'

const guarded = guardedRoute('/default-cache/node')

export { guarded as GET }
