// Asks a verifier itself.

import { createMandateVerifier, denialResponse } from 'caracal-edge'
import { options } from '../../options.ts'

export async function GET(request: Request): Promise<Response> {
  const given = {
    audience: 'resource://api',
    issuer: 'https://sts.test',
    expectedZoneId: 'zone-1',
    ...options(),
  }
  const decision = await createMandateVerifier(given).authorize(request, {})
  return decision.outcome === 'admit'
    ? Response.json({ actor: decision.mandate.sub })
    : denialResponse(decision)
}
