// Everything below /force-cache/node, in the Node runtime, with Next's cache between this route and all that it fetches.

import { guardedRoute } from '../../../../guarded-route.ts'

export const fetchCache = 'force-cache'

const guarded = guardedRoute('/force-cache/node')

export { guarded as GET }
