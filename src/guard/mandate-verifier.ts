// The public interface of a guard without HTTP.

import { type Admission, type Decision, type Denial, SKIP } from '../decision/decision.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import type { Mandate } from '../mandate.ts'
import type { Requirements } from '../requirements.ts'
import { explain } from './explain/explain.ts'
import type { Explanation } from './explain/explanation.ts'
import { Guard } from './guard.ts'
import { keptMandate } from './kept-mandate.ts'
import type { CaracalOptions } from './options.ts'
import { readGuardOptions } from './read-guard-options.ts'
import { readRequirements } from './read-requirements.ts'
import { type Readiness, readiness } from './readiness.ts'

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
   * Why a request or a token is admitted or refused, and what would have been right: the decision of {@link authorize} or
   * {@link authorizeToken}, and every check that leads to it. For people and tests: what it says about a refusal is more
   * than a client may read, so that it must not become an answer.
   *
   * It goes on past a failure where that is sound. A scope that is missing does not hide that the mandate was not
   * delegated, or is revoked; one that has expired is still checked for scopes. Claims whose signature is not good are
   * not read. The store is asked only if every claim is valid, and then also where a requirement is not met.
   *
   * It takes the steps of the guard: keys are fetched where they are needed, and a good signature is remembered, as by
   * `authorize`. It is no decision on a request, so that `onDecision` is not called, and an outage is not logged.
   *
   * @param input a string is a token; anything else is taken for a request
   * @example
   * ```ts
   * const { decision, checks } = await verifier.explain(request)
   * for (const { name, outcome, wanted } of checks) console.log(outcome, name, wanted)
   * ```
   */
  explain(request: Request): Promise<Explanation<Answer>>
  explain(token: string): Promise<Explanation<Admission | Denial>>
  /**
   * @param requirements in addition, as for {@link authorize}
   * @throws {CaracalConfigError} (rejects) naming every mistake in the requirements
   */
  explain(input: Request | string, requirements: Requirements): Promise<Explanation<Admission | Denial>>
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
  /**
   * Whether keys and store are at hand, for a health route. Never rejects because of an outage.
   *
   * Keys are as for a request: nothing is fetched while there are fresh ones; in an outage, keys that may still be used
   * are `ok`; and after a failure, nothing is fetched before the next attempt of requests is due, so that the last
   * failure is told again. The store is asked once, within `storeTimeoutMs`, for an id that nobody has. It is no event
   * for `onDecision`, and nothing is logged.
   *
   * `fault` and `explanation` name hosts: they are for the operator. To strangers, a health route says only whether.
   * @example
   * ```ts
   * const { ok } = await verifier.check()
   * return new Response(ok ? 'ok' : 'unavailable', { status: ok ? 200 : 503 })
   * ```
   */
  check(): Promise<Readiness>
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
  const decide = async (request: Request) => (await guard.decide(request)).decision
  return verifierOf(guard, decide, (request) => explain(guard, request, SKIP))
}

function verifierOf<Answer extends Decision>(
  guard: Guard,
  decide: (request: Request) => Promise<Answer>,
  explainRequest: (request: Request) => Promise<Explanation<Answer>>,
): MandateVerifier<Answer> {
  const requiring = (...given: readonly unknown[]) => guard.and(readRequirements(...given))

  // The number of arguments distinguishes `undefined` requirements from none.
  function authorize(request: Request): Promise<Answer>
  function authorize(request: Request, requirements: Requirements): Promise<Admission | Denial>
  async function authorize(request: Request, ...given: readonly unknown[]): Promise<Decision> {
    return given.length === 0 ? decide(request) : requiring(...given).decideWithoutSkip(request)
  }
  function explainInput(request: Request): Promise<Explanation<Answer>>
  function explainInput(token: string): Promise<Explanation<Admission | Denial>>
  function explainInput(
    input: Request | string,
    requirements: Requirements,
  ): Promise<Explanation<Admission | Denial>>
  async function explainInput(input: Request | string, ...given: readonly unknown[]): Promise<Explanation> {
    if (given.length > 0) return explain(requiring(...given), input)
    return typeof input === 'string' ? explain(guard, input) : explainRequest(input)
  }
  return Object.freeze({
    authorize,
    authorizeToken: async (token: string, ...given: readonly unknown[]) =>
      (given.length === 0 ? guard : requiring(...given)).decideToken(token),
    explain: explainInput,
    recheck: async (mandate: Mandate) => guard.decideKept(keptMandate(mandate)),
    require: (...given: readonly [requirements: Requirements]) => {
      const stricter = requiring(...given)
      return verifierOf(
        stricter,
        (request) => stricter.decideWithoutSkip(request),
        (request) => explain<never>(stricter, request),
      )
    },
    warmup: () => guard.warmup(),
    check: () => readiness(guard.compiled),
  })
}
