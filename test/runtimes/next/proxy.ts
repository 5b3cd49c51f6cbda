// The guard as a gate in front of routes that know nothing of it.

import { withCaracal } from 'caracal-edge'
import { type NextRequest, NextResponse } from 'next/server'
import { options } from '../subject/subject.mjs'

export const proxy = withCaracal(
  (_request: NextRequest) => NextResponse.next(),
  () => options('/gate'),
)

export const config = { matcher: '/gate/:path*' }
