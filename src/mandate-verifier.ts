// The guard's engine without HTTP: the pipeline behind its public face.

import { readDemands, readGuardOptions } from './config/guard-options.ts'
import type { CaracalOptions, Requirements } from './config/options.ts'
import { resolveConfiguration } from './config/resolve-configuration.ts'
import type { Admission, Decision, Denial } from './decision.ts'
import { buildPipeline, type Pipeline } from './pipeline.ts'

/** Takes requests or tokens, gives decisions, never throws for either. */
export interface MandateVerifier {
  /**
   * Decides about a request by its path and its `Authorization` header.
   * @param requirements asked on top of everything that the path asks; compile them once with {@link require}
   * @throws {CaracalConfigError} (rejects) when the requirements are unsound
   */
  authorize(request: Request, requirements?: Requirements): Promise<Decision>
  /**
   * Decides about a mandate that came by another way than a request, such as a queue message. No path, so that
   * neither `routes` nor `exclude` applies.
   * @throws {CaracalConfigError} (rejects) when the requirements are unsound
   */
  authorizeToken(token: string, requirements?: Requirements): Promise<Admission | Denial>
  /**
   * A verifier that asks more: requirements only ever add to what is asked already.
   * @throws {CaracalConfigError} when they are unsound
   */
  require(requirements: Requirements): MandateVerifier
  /**
   * Fetches the key sets of all configured zones, so that the first request does not wait for them.
   * @throws {KeySetUnavailableError} (rejects) when one is out of reach; the guard works on and tries again later
   */
  warmup(): Promise<void>
}

/**
 * Builds a verifier. `withCaracal` is the same with a handler behind it.
 *
 * Verified are signature, issuer, audience, times, zone, use, scopes, targets, agent, delegation, hop count, chain
 * and revocation. Not verified: that a mandate is used once only, that it came from its holder (it is a bearer
 * token), and anything that happens after the decision.
 *
 * @throws {CaracalConfigError} naming every mistake in the options
 * @example
 * ```ts
 * const verifier = createMandateVerifier({ audience: 'resource://billing-api', revocations })
 * const decision = await verifier.authorizeToken(message.mandate, { requiredScopes: ['billing:read'] })
 * if (decision.outcome === 'admit') work(decision.mandate.sub)
 * ```
 */
export function createMandateVerifier(options: CaracalOptions): MandateVerifier {
  return verifierOf(buildPipeline(resolveConfiguration(readGuardOptions(options))))
}

function verifierOf(pipeline: Pipeline): MandateVerifier {
  const asking = (requirements: Requirements | undefined) =>
    requirements === undefined ? pipeline : pipeline.and(readDemands(requirements))
  return Object.freeze({
    authorize: async (request: Request, requirements?: Requirements) => asking(requirements).decide(request),
    authorizeToken: async (token: string, requirements?: Requirements) =>
      asking(requirements).decideToken(token),
    require: (requirements: Requirements) => verifierOf(pipeline.and(readDemands(requirements))),
    warmup: () => pipeline.warmup(),
  })
}
