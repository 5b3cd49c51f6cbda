// Everything below /node, in the Node runtime.

import { guardedRoute } from '../../../guarded-route.ts'

const guarded = guardedRoute('/node')

export { guarded as GET, guarded as POST }
