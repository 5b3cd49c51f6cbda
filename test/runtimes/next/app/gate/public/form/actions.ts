'use server'
// A Server Action verifies for itself: Next.js calls it for a POST to any path, even one that the proxy excludes.

import { createMandateVerifier, type MandateVerifier } from 'caracal-edge'
import { headers } from 'next/headers'
import { options } from '../../../../../subject/subject.mjs'

let verifier: MandateVerifier | undefined

export async function pay(): Promise<string> {
  // Not at the top level: `next build` evaluates the module without variables.
  verifier ??= createMandateVerifier(options('/gate'))
  const request = new Request('https://action.invalid/', { headers: await headers() })
  const decision = await verifier.authorize(request, { requiredScopes: ['admin'] })
  return decision.outcome === 'admit' ? `paid by ${decision.mandate.sub}` : `refused: ${decision.code}`
}
