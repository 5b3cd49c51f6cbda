// Everything below /edge, in the edge runtime.

import { guardedRoute } from '../../../guarded-route.ts'

export const runtime = 'edge'

const guarded = guardedRoute('/edge')

export { guarded as GET, guarded as POST }
