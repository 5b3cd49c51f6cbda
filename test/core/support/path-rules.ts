// Names the rules that a path is held to: each asks for one scope, which a refusal then lists.

import type { CaracalOptions, MandateVerifier } from 'caracal-edge'

/** Everywhere the scope `default` is asked for, below each prefix the scope named beside it. */
export function pathOptions(
  options: CaracalOptions,
  routes: Readonly<Record<string, string>>,
  exclude: readonly string[],
): CaracalOptions {
  const rules = Object.entries(routes).map(([prefix, scope]) => [prefix, { requiredScopes: [scope] }])
  return { ...options, requiredScopes: ['default'], routes: Object.fromEntries(rules), exclude }
}

/** The rules that a request without a token is refused by, or `excluded`. */
export async function heldTo(verifier: MandateVerifier, request: Request): Promise<readonly string[]> {
  const decision = await verifier.authorize(request)
  if (decision.outcome === 'skip') return ['excluded']
  return decision.outcome === 'deny' ? decision.requiredScopes : ['nothing']
}
