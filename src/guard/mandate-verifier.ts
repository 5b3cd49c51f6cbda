// The public interface of a guard without HTTP.

import type { Admission, Decision, Denial } from '../decision/decision.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import type { Mandate } from '../mandate.ts'
import type { Requirements } from '../requirements.ts'
import { Guard } from './guard.ts'
import { keptMandate } from './kept-mandate.ts'
import type { CaracalOptions } from './options.ts'
import { readGuardOptions } from './read-guard-options.ts'
import { readRequirements } from './read-requirements.ts'

/**
 * Decides about requests and tokens. Never throws because of one. Requirements that are passed must not be `undefined`:
 * that is a mistake, such as a misspelt variable, and is refused.
 */
export interface MandateVerifier<Answer extends Decision = Decision> {
  /**
   * Decides about a request by its path and its `Authorization` header. On an excluded path, the decision is `skip`, and
   * nothing is verified.
   */
  authorize(request: Request): Promise<Answer>
  /**
   * With requirements the decision is never `skip`: an excluded path must meet the guard's own rule.
   * @param requirements in addition to those of the path; use {@link require} to check them only once
   * @throws {CaracalConfigError} (rejects) naming every mistake in the requirements
   */
  authorize(request: Request, requirements: Requirements): Promise<Admission | Denial>
  /**
   * Decides about a mandate that did not come with a request, but for example in a queue message. There is no path, so
   * neither `routes` nor `exclude` applies.
   */
  authorizeToken(token: string): Promise<Admission | Denial>
  /** @throws {CaracalConfigError} (rejects) naming every mistake in the requirements */
  authorizeToken(token: string, requirements: Requirements): Promise<Admission | Denial>
  /**
   * Decides anew about a mandate that was kept: in the attachment of a WebSocket, in a queue message. It must meet the
   * issuer, zone, audience and requirements of this verifier and be neither expired nor revoked. There is no path. A
   * denial is an event for `onDecision`, an admission is not.
   *
   * **The signature is not verified again: this trusts where the mandate was kept.** Whoever can write there can write
   * any mandate. Where others can, keep the token and use {@link authorizeToken}.
   *
   * @param mandate as a guard gave it, or what `structuredClone` or JSON made of it
   * @throws {TypeError} (rejects) if it is anything else
   */
  recheck(mandate: Mandate): Promise<Admission | Denial>
  /**
   * A verifier that requires more. Requirements can only be added. It never skips: an excluded path must meet the
   * guard's own rule.
   * @throws {CaracalConfigError} naming every mistake in the requirements
   */
  require(requirements: Requirements): MandateVerifier<Admission | Denial>
  /**
   * Fetches the key sets of all configured zones, so that the first request does not wait for them.
   * @throws {KeySetUnavailableError} (rejects) if one cannot be fetched; later requests try again
   */
  warmup(): Promise<void>
}

/**
 * Builds a verifier. `withCaracal` is the same for a handler.
 *
 * It verifies signature, issuer, audience, times, zone, use, scopes, targets, agent, delegation, hop count, chain and
 * revocation. It does not verify that a mandate is used only once, or that it came from its holder (it is a bearer
 * token), or anything that happens after the decision.
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
  if (typeof options === 'function') {
    throw new CaracalConfigError(['a verifier takes the options themselves, not a function: call it before'])
  }
  const guard = Guard.of(readGuardOptions(options).configure())
  return verifierOf(guard, async (request) => (await guard.decide(request)).decision)
}

function verifierOf<Answer extends Decision>(
  guard: Guard,
  decide: (request: Request) => Promise<Answer>,
): MandateVerifier<Answer> {
  const requiring = (...given: readonly unknown[]) => guard.and(readRequirements(...given))

  // The number of arguments distinguishes `undefined` requirements from none.
  function authorize(request: Request): Promise<Answer>
  function authorize(request: Request, requirements: Requirements): Promise<Admission | Denial>
  async function authorize(request: Request, ...given: readonly unknown[]): Promise<Decision> {
    return given.length === 0 ? decide(request) : requiring(...given).decideWithoutSkip(request)
  }
  return Object.freeze({
    authorize,
    authorizeToken: async (token: string, ...given: readonly unknown[]) =>
      (given.length === 0 ? guard : requiring(...given)).decideToken(token),
    recheck: async (mandate: Mandate) => guard.decideKept(keptMandate(mandate)),
    require: (...given: readonly [requirements: Requirements]) => {
      const stricter = requiring(...given)
      return verifierOf(stricter, (request) => stricter.decideWithoutSkip(request))
    },
    warmup: () => guard.warmup(),
  })
}
