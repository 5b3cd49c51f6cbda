// The guard's engine without HTTP: a guard behind its public face.

import type { Admission, Decision, Denial } from '../decision/decision.ts'
import type { Requirements } from '../requirements.ts'
import { Guard } from './guard.ts'
import type { CaracalOptions } from './options.ts'
import { readGuardOptions, readRequirements } from './read-guard-options.ts'

/**
 * Takes requests or tokens, gives decisions, never throws for either. Requirements that are given must be given: one
 * that is `undefined` (perhaps a misspelt member) would ask for nothing, and is refused.
 */
export interface MandateVerifier<Answer extends Decision = Decision> {
  /**
   * Decides about a request by its path and its `Authorization` header. The answer is `skip` on an excluded path,
   * where nothing is verified.
   */
  authorize(request: Request): Promise<Answer>
  /**
   * Who names requirements gets `admit` or `deny`: an excluded path is held to the guard's own rule.
   * @param requirements asked on top of everything that the path asks; compile them once with {@link require}
   * @throws {CaracalConfigError} (rejects) when the requirements are unsound
   */
  authorize(request: Request, requirements: Requirements): Promise<Admission | Denial>
  /**
   * Decides about a mandate that came by another way than a request, such as a queue message. No path, so that
   * neither `routes` nor `exclude` applies.
   */
  authorizeToken(token: string): Promise<Admission | Denial>
  /** @throws {CaracalConfigError} (rejects) when the requirements are unsound */
  authorizeToken(token: string, requirements: Requirements): Promise<Admission | Denial>
  /**
   * A verifier that asks more: requirements only ever add to what is asked already. It never skips: an excluded path
   * is held to the guard's own rule.
   * @throws {CaracalConfigError} when they are unsound
   */
  require(requirements: Requirements): MandateVerifier<Admission | Denial>
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
  const guard = Guard.of(readGuardOptions(options).configure())
  return verifierOf(guard, (request) => guard.decide(request))
}

function verifierOf<Answer extends Decision>(
  guard: Guard,
  decide: (request: Request) => Promise<Answer>,
): MandateVerifier<Answer> {
  const asking = (requirements: unknown) => guard.and(readRequirements(requirements))

  // How many arguments there are tells requirements that are `undefined` from none.
  function authorize(request: Request): Promise<Answer>
  function authorize(request: Request, requirements: Requirements): Promise<Admission | Denial>
  async function authorize(request: Request, ...given: readonly unknown[]): Promise<Decision> {
    return given.length === 0 ? decide(request) : asking(given[0]).decideWithoutSkip(request)
  }
  return Object.freeze({
    authorize,
    authorizeToken: async (token: string, ...given: readonly unknown[]) =>
      (given.length === 0 ? guard : asking(given[0])).decideToken(token),
    require: (requirements: Requirements) => {
      const stricter = asking(requirements)
      return verifierOf(stricter, (request) => stricter.decideWithoutSkip(request))
    },
    warmup: () => guard.warmup(),
  })
}
