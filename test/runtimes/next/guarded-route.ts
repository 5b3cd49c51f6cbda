// The subject as a route handler. Next.js runs modules when it builds, so that the options come as a function.

import { withCaracal } from 'caracal-edge'
import type { NextRequest } from 'next/server'
import { handler, options, watching } from '../subject/subject.mjs'

interface RouteContext {
  readonly params: Promise<{ readonly path?: string[] }>
}

export const guardedRoute = (prefix: string) => {
  const watched = watching(() => options(prefix))
  return withCaracal(
    async (request: NextRequest, context, { params }: RouteContext) =>
      handler(request, context, { params: await params }),
    (...platform: [RouteContext]) => watched(...platform),
  )
}
