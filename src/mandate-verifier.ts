// The ordered pipeline from a request to a decision. The only place that knows the order (protocol §3).

import type { Configuration, Demands, Rule } from './config/configuration.ts'
import { readDemands, readGuardOptions } from './config/guard-options.ts'
import type { CaracalOptions, Requirements } from './config/options.ts'
import { resolveConfiguration } from './config/resolve-configuration.ts'
import {
  type Admission,
  type Decision,
  type Denial,
  type DenialReason,
  deny,
  type Outage,
  SKIP,
} from './decision.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from './errors.ts'
import type { Mandate } from './mandate/mandate.ts'
import { hasExpired, isOfKnownKind, unmetDemand, unmetTerm } from './mandate/requirements.ts'
import { SignatureVerifier } from './mandate/signature.ts'
import { notify, type Observer } from './observer.ts'
import { bearerToken } from './request/bearer-token.ts'
import { compilePathPolicy, type PathPolicy } from './request/path-policy.ts'
import { checkRevocation } from './revocation/check.ts'
import type { RevocationStore } from './revocation/store.ts'

/** The guard's engine, without a handler: takes requests or tokens, gives decisions, never throws for either. */
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
  return buildVerifier(resolveConfiguration(readGuardOptions(options)))
}

/** The verifier of a configuration that is known to be sound. */
export function buildVerifier(configuration: Configuration): MandateVerifier {
  const check = ruleChecks(configuration)
  const defaultRule = check(configuration.defaultRule)
  const routes = configuration.routes.map(({ prefix, rule }) => ({ prefix, rule: check(rule) }))
  return new Pipeline({
    rulesFor: compilePathPolicy({ defaultRule, routes, exclude: configuration.exclude }),
    rules: Object.freeze([defaultRule, ...routes.map(({ rule }) => rule)]),
    defaultRules: Object.freeze([defaultRule]),
    clockToleranceSeconds: configuration.clockToleranceSeconds,
    onDecision: configuration.onDecision,
  })
}

/** A rule, and what verifies the signatures of its mandates. */
interface CheckedRule extends Rule {
  readonly signatures: SignatureVerifier
}

/** Rules of the same issuer and zones share a signature verifier, and with it the memory of verified tokens. */
function ruleChecks({ keySet, verifiedTokens }: Configuration): (rule: Rule) => CheckedRule {
  const shared = new Map<string, SignatureVerifier>()
  return (rule) => {
    const origin = JSON.stringify([rule.issuer, rule.expectedZoneId])
    const signatures =
      shared.get(origin) ?? new SignatureVerifier(rule.issuer, rule.expectedZoneId, keySet, verifiedTokens)
    shared.set(origin, signatures)
    return Object.freeze({ ...rule, signatures })
  }
}

interface Compiled {
  readonly rulesFor: PathPolicy<CheckedRule>
  readonly rules: readonly CheckedRule[]
  readonly defaultRules: readonly CheckedRule[]
  readonly clockToleranceSeconds: number
  readonly onDecision: Observer | undefined
}

/** When a store may be asked again. A guess: no store says how long its outage will last. */
const STORE_RETRY_AFTER_SECONDS = 5

class Pipeline implements MandateVerifier {
  readonly #compiled: Compiled
  /** What is asked besides the rules of the path. */
  readonly #demands: readonly Demands[]

  constructor(compiled: Compiled, demands: readonly Demands[] = Object.freeze([])) {
    this.#compiled = compiled
    this.#demands = demands
  }

  require(requirements: Requirements): MandateVerifier {
    return new Pipeline(this.#compiled, Object.freeze([...this.#demands, readDemands(requirements)]))
  }

  async warmup(): Promise<void> {
    const distinct = new Set(this.#compiled.rules.map((rule) => rule.signatures))
    await Promise.all(Array.from(distinct, (signatures) => signatures.load()))
  }

  async authorize(request: Request, requirements?: Requirements): Promise<Decision> {
    if (requirements !== undefined) return this.require(requirements).authorize(request)
    let decision: Decision
    try {
      decision = await this.#decide(request)
    } catch (error) {
      decision = unforeseen(error)
    }
    notify(this.#compiled.onDecision, decision, request)
    return decision
  }

  async authorizeToken(token: string, requirements?: Requirements): Promise<Admission | Denial> {
    if (requirements !== undefined) return this.require(requirements).authorizeToken(token)
    let decision: Admission | Denial
    try {
      const rules = this.#compiled.defaultRules
      decision = token ? await this.#judge(token, rules) : this.#deny('missing_token', rules)
    } catch (error) {
      decision = unforeseen(error)
    }
    notify(this.#compiled.onDecision, decision, undefined)
    return decision
  }

  #decide(request: Request): Decision | Promise<Decision> {
    const rules = this.#compiled.rulesFor(request)
    if (rules === undefined) return SKIP
    const token = bearerToken(request.headers.get('authorization'))
    return token === undefined ? this.#deny('missing_token', rules) : this.#judge(token, rules)
  }

  /**
   * Holds a token to every one of the rules, of which there is one unless the path can be read in several ways.
   * Awaits only what is not there yet: for a mandate seen before and a store in memory, nothing.
   */
  async #judge(token: string, rules: readonly CheckedRule[]): Promise<Admission | Denial> {
    let mandate: Mandate | undefined
    try {
      for (const rule of rules) {
        const verification = rule.signatures.verify(token, Date.now())
        const verified = verification instanceof Promise ? await verification : verification
        if (typeof verified === 'string') return this.#deny(verified, rules)
        const reason = unmetTerm(verified, rule, Date.now(), this.#compiled.clockToleranceSeconds)
        if (reason !== undefined) return this.#deny(reason, rules)
        if (!isOfKnownKind(verified)) return this.#deny('invalid_claims', rules)
        mandate = verified
      }
    } catch (error) {
      if (error instanceof KeySetUnavailableError) return this.#deny('keys_unavailable', rules, error)
      throw error
    }
    if (mandate === undefined) throw new Error('A request was held to no rule.')
    for (const demands of [...rules, ...this.#demands]) {
      const reason = unmetDemand(mandate, demands)
      if (reason !== undefined) return this.#deny(reason, rules)
    }

    try {
      const asked: RevocationStore[] = []
      for (const { revocations } of rules) {
        if (asked.includes(revocations)) continue
        asked.push(revocations)
        const answer = checkRevocation(revocations, mandate)
        const reason = answer instanceof Promise ? await answer : answer
        if (reason !== undefined) return this.#deny(reason, rules)
      }
    } catch (error) {
      // Whatever a store throws, nobody can say whether the mandate is revoked.
      const fault = error instanceof RevocationUnavailableError ? error.fault : 'failed'
      return this.#deny('revocation_unavailable', rules, {
        fault,
        retryAfterSeconds: STORE_RETRY_AFTER_SECONDS,
      })
    }
    // The waiting may have taken the mandate past its end.
    return hasExpired(mandate, Date.now()) ? this.#deny('expired', rules) : { outcome: 'admit', mandate }
  }

  #deny(reason: DenialReason, rules: readonly CheckedRule[], outage?: Outage): Denial {
    const scopes = new Set([...rules, ...this.#demands].flatMap(({ requiredScopes }) => requiredScopes))
    return deny(reason, Object.freeze([...scopes]), outage)
  }
}

/** An error that no step foresaw refuses as well. Its text may quote anything, so that only its kind is logged. */
function unforeseen(error: unknown): Denial {
  const kind = error instanceof Error ? error.name : typeof error
  // The usual reason: a node:http request, which needs a bridge, or a token, for which there is authorizeToken.
  const advice = error instanceof TypeError ? ' (was it given a web-standard Request?)' : ''
  console.error(`caracal-edge: unforeseen ${kind}${advice}`)
  return deny('server_error', [])
}
