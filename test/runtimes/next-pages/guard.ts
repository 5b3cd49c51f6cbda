// The guard in front of all pages. Its routes are written as the pages are, without a base path.

import { type CaracalOptions, InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { type NextRequest, NextResponse } from 'next/server'

const revocations = new InMemoryRevocationStore()
const forAdmin = { requiredScopes: ['admin'] }

export const guard = withCaracal(
  (_request: NextRequest, { caracal }) =>
    caracal === undefined
      ? NextResponse.next()
      : NextResponse.next({ headers: { 'Cache-Control': 'private, no-store' } }),
  (): CaracalOptions & { readonly exclude: readonly string[] } => ({
    ...JSON.parse(process.env.TRUSTED ?? '{}'),
    revocations,
    requiredScopes: ['read'],
    routes: { '/admin': forAdmin, '/payroll': forAdmin, '/secret': forAdmin },
    exclude: JSON.parse(process.env.EXCLUDE ?? '[]'),
  }),
)
