// Names the rules that a path must meet: each requires one scope, which a refusal then lists.

import type { CaracalOptions, ExcludedPath, MandateVerifier } from 'caracal-edge'

/** The default rule requires the scope `default`, each prefix the scope named beside it. */
export function pathOptions(
  options: CaracalOptions,
  routes: Readonly<Record<string, string>>,
  exclude: readonly ExcludedPath[],
): CaracalOptions {
  const rules = Object.entries(routes).map(([prefix, scope]) => [prefix, { requiredScopes: [scope] }])
  return { ...options, requiredScopes: ['default'], routes: Object.fromEntries(rules), exclude }
}

/** Stands for all rules. A refusal lists no scopes then, because the path is uncertain. */
export const EVERY_RULE = 'every rule'

/** The rules that refuse a request without a token, `excluded`, or {@link EVERY_RULE}. */
export async function heldTo(verifier: MandateVerifier, request: Request): Promise<readonly string[]> {
  const decision = await verifier.authorize(request)
  if (decision.outcome === 'skip') return ['excluded']
  if (decision.outcome === 'admit') return ['nothing']
  return decision.requiredScopes.length === 0 ? [EVERY_RULE] : decision.requiredScopes
}

/** Those of the needed rules that a request does not have to meet. */
export function notAskedOf(asked: readonly string[], needed: readonly string[]): readonly string[] {
  return asked.includes(EVERY_RULE) ? [] : needed.filter((rule) => !asked.includes(rule))
}
