// The ordered pipeline from a request to a decision. The only place that knows the order (protocol §3).

import { type Admission, type Decision, type Denial, type DenialReason, SKIP } from '../decision/decision.ts'
import { deny, type Outage } from '../decision/denials.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from '../decision/errors.ts'
import { notify, type Observer } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import { isThenable } from '../lib/thenable.ts'
import { hasExpired, type Mandate } from '../mandate.ts'
import { bearerToken } from '../request/bearer-token.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import { compilePathPolicy, type PathPolicy } from '../request/path-policy.ts'
import type { Demands } from '../requirements.ts'
import { isOfKnownKind, unknownKind, unmetDemand, unmetTerm } from '../requirements.ts'
import { checkRevocation } from '../revocation/check.ts'
import type { RevocationStore } from '../revocation/store.ts'
import { SignatureVerifier, type Verification } from '../token/signature-verifier.ts'
import type { Configuration, Rule } from './configuration.ts'

/** What adapters use of a pipeline. */
export interface Guard {
  /** Never rejects. A path that a router has read already counts as the router read it and as it came. */
  decide(request: Request, routed?: RoutedPath): Promise<Decision>
  /**
   * Holds a request that was admitted to more.
   * @returns the denial, or `undefined` when the mandate has it all
   */
  demand(demands: Demands, mandate: Mandate, request: Request, routed?: RoutedPath): Denial | undefined
  warmup(): Promise<void>
  readonly websocketDenial: WebSocketDenial | undefined
}

/** Compiles a configuration that is known to be sound. */
export function buildPipeline(configuration: Configuration): Pipeline {
  const check = ruleChecks(configuration)
  const defaultRule = check(configuration.defaultRule)
  const routes = configuration.routes.map(({ prefix, rule }) => ({ prefix, rule: check(rule) }))
  const everyRule = Object.freeze([defaultRule, ...routes.map(({ rule }) => rule)])
  return new Pipeline({
    rulesFor: compilePathPolicy({ defaultRule, routes, exclude: configuration.exclude, everyRule }),
    everyRule,
    defaultRules: Object.freeze([defaultRule]),
    storeTimeoutMs: configuration.storeTimeoutMs,
    clockToleranceSeconds: configuration.clockToleranceSeconds,
    websocketDenial: configuration.websocketDenial,
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
  /** Also what a request is held to whose path nobody can tell. */
  readonly everyRule: readonly CheckedRule[]
  readonly defaultRules: readonly CheckedRule[]
  readonly storeTimeoutMs: number
  readonly clockToleranceSeconds: number
  readonly websocketDenial: WebSocketDenial | undefined
  readonly onDecision: Observer | undefined
}

/** When a store may be asked again. A guess: no store says how long its outage will last. */
const STORE_RETRY_AFTER_SECONDS = 5

export class Pipeline implements Guard {
  readonly #compiled: Compiled
  /** What is asked besides the rules of the path. */
  readonly #demands: readonly Demands[]

  constructor(compiled: Compiled, demands: readonly Demands[] = Object.freeze([])) {
    this.#compiled = compiled
    this.#demands = demands
  }

  /** The same, asking more. */
  and(demands: Demands): Pipeline {
    return new Pipeline(this.#compiled, Object.freeze([...this.#demands, demands]))
  }

  async warmup(): Promise<void> {
    const distinct = new Set(this.#compiled.everyRule.map((rule) => rule.signatures))
    await Promise.all(Array.from(distinct, (signatures) => signatures.load()))
  }

  decide(request: Request, routed?: RoutedPath): Promise<Decision> {
    return this.#settle<Decision>(request, () => {
      const rules = this.#compiled.rulesFor(request, routed)
      return rules === undefined ? SKIP : this.#hold(request, rules)
    })
  }

  /** As `decide`, for who asks more: an excluded path is held to the guard's own rule. Never rejects. */
  hold(request: Request): Promise<Admission | Denial> {
    const { rulesFor, defaultRules } = this.#compiled
    return this.#settle(request, () => this.#hold(request, rulesFor(request) ?? defaultRules))
  }

  demand(demands: Demands, mandate: Mandate, request: Request, routed?: RoutedPath): Denial | undefined {
    const reason = unmetDemand(mandate, demands)
    if (reason === undefined) return undefined
    const denial = this.and(demands).#deny(reason, this.#compiled.rulesFor(request, routed) ?? [])
    notify(this.#compiled.onDecision, denial, request)
    return denial
  }

  get websocketDenial(): WebSocketDenial | undefined {
    return this.#compiled.websocketDenial
  }

  /** Decides by the guard's own rule: without a request there is no path. Never rejects. */
  decideToken(token: string): Promise<Admission | Denial> {
    const { defaultRules } = this.#compiled
    return this.#settle(undefined, () =>
      token ? this.#judge(token, defaultRules) : this.#deny('missing_token', defaultRules),
    )
  }

  async #settle<Answer extends Decision>(
    request: Request | undefined,
    decide: () => Answer | Promise<Answer>,
  ): Promise<Answer | Denial> {
    let decision: Answer | Denial
    try {
      decision = await decide()
    } catch (error) {
      decision = unforeseen(error)
    }
    notify(this.#compiled.onDecision, decision, request)
    return decision
  }

  #hold(request: Request, rules: readonly CheckedRule[]): Denial | Promise<Admission | Denial> {
    const token = bearerToken(request.headers.get('authorization'))
    return token === undefined ? this.#deny('missing_token', rules) : this.#judge(token, rules)
  }

  /**
   * Holds a token to every one of the rules, of which there is one unless the path can be read in several ways.
   * Awaits only what is not there yet: for a mandate seen before and a store in memory, nothing.
   */
  async #judge(token: string, rules: readonly CheckedRule[]): Promise<Admission | Denial> {
    let mandate: Mandate | undefined
    // Once for all rules of the same issuer and zones, whether or not it may be remembered.
    const verifications = new Map<SignatureVerifier, Verification>()
    try {
      for (const rule of rules) {
        let verified = verifications.get(rule.signatures)
        if (verified === undefined) {
          const verification = rule.signatures.verify(token, Date.now())
          verified = isThenable(verification) ? await verification : verification
          verifications.set(rule.signatures, verified)
        }
        if (!verified.ok) return this.#deny(verified.reason, rules)
        const reason = unmetTerm(verified.value, rule, Date.now(), this.#compiled.clockToleranceSeconds)
        if (reason !== undefined) return this.#deny(reason, rules)
        if (!isOfKnownKind(verified.value)) return this.#deny(unknownKind(verified.value), rules)
        mandate = verified.value
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
        const answer = checkRevocation(revocations, mandate, this.#compiled.storeTimeoutMs)
        const reason = isThenable(answer) ? await answer : answer
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

  #deny(reason: DenialReason, asked: readonly Demands[], outage?: Outage): Denial {
    // Where nobody can tell the path, the scopes of all routes would be told to anybody.
    const told = asked === this.#compiled.everyRule ? [] : asked
    const scopes = new Set([...told, ...this.#demands].flatMap(({ requiredScopes }) => requiredScopes))
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
