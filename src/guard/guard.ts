// The guard: finds the rules of a request and runs its token through the steps.

import {
  type Admission,
  type Decision,
  type DecisionStep,
  type Denial,
  type DenialReason,
  SKIP,
} from '../decision/decision.ts'
import { deny, type Outage } from '../decision/denials.ts'
import { notify } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import { isThenable } from '../lib/thenable.ts'
import { isInterruption } from '../lib/thrown.ts'
import type { Mandate } from '../mandate.ts'
import { credential, givenToken } from '../request/credential.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import { firstUnmet, type Requirements } from '../requirements.ts'
import { type Compiled, compile } from './compile.ts'
import type { Configuration } from './configuration.ts'
import type { DecisionByRules, GroundedDecision, Recheck, RequestGuard, Rules } from './request-guard.ts'
import {
  type Attempt,
  checkExpiry,
  type Finding,
  KEPT_STEPS,
  RECHECK_STEPS,
  STEPS,
  type Step,
} from './steps.ts'
import type { Trace } from './trace.ts'
import { unforeseen } from './unforeseen.ts'

/** At once where nothing has to be awaited. */
type Deciding<Answer extends Decision> = GroundedDecision<Answer> | Promise<GroundedDecision<Answer>>

/** A decision that is based on no claims. */
function withoutClaims<Answer extends Decision>(
  decision: Answer,
  step: DecisionStep | undefined,
): GroundedDecision<Answer> {
  return { decision, step, claims: undefined, outage: undefined }
}

export class Guard implements RequestGuard {
  readonly #compiled: Compiled
  /** What is required in addition to the rules of the path. */
  readonly #more: readonly Requirements[]

  private constructor(compiled: Compiled, more: readonly Requirements[]) {
    this.#compiled = compiled
    this.#more = more
  }

  /** @param configuration must be valid */
  static of(configuration: Configuration): Guard {
    return new Guard(compile(configuration), Object.freeze([]))
  }

  /** A guard that requires more. */
  and(...requirements: readonly Requirements[]): Guard {
    return new Guard(this.#compiled, Object.freeze([...this.#more, ...requirements]))
  }

  async warmup(): Promise<void> {
    const distinct = new Set(this.#compiled.everyRule.map((rule) => rule.signatures))
    await Promise.all(Array.from(distinct, (signatures) => signatures.load()))
  }

  get websocketDenial(): WebSocketDenial | undefined {
    return this.#compiled.websocketDenial
  }

  async decide(request: Request, routed?: RoutedPath, stands?: () => boolean): Promise<DecisionByRules> {
    let rules: Rules | undefined
    const decide = () => {
      rules = this.#compiled.rulesFor(request, routed)
      return rules === undefined ? withoutClaims(SKIP, 'path') : this.#decideBy(rules, request)
    }
    const settled = this.#settle<Decision>(request, decide, stands)
    const decision = isThenable(settled) ? await settled : settled
    return { decision, rules: rules ?? [] }
  }

  /** As `decide`, but an excluded path must meet the guard's own rule. Never rejects. */
  async decideWithoutSkip(request: Request): Promise<Admission | Denial> {
    const { rulesFor, defaultRules } = this.#compiled
    return this.#settle(request, () => this.#decideBy(rulesFor(request) ?? defaultRules, request))
  }

  /** Decides by the guard's own rule, because there is no path. Never rejects. */
  async decideToken(token: string): Promise<Admission | Denial> {
    return this.#settle(undefined, () => this.#attempt(givenToken(token), this.#compiled.defaultRules))
  }

  /**
   * Decides about a request, or a token, as the methods above, but is no event.
   * @param maySkip whether an excluded path needs no mandate; otherwise it must meet the guard's own rule
   * @param trace is told what the decision goes through
   */
  async decideTraced(input: Request | string, maySkip: boolean, trace: Trace): Promise<Decision> {
    const { rulesFor, defaultRules } = this.#compiled
    const decide = (): Deciding<Decision> => {
      if (typeof input === 'string') return this.#attempt(givenToken(input), defaultRules, trace)
      const rules = rulesFor(input, undefined, trace.heard) ?? (maySkip ? undefined : defaultRules)
      trace.path(rules)
      return rules === undefined ? withoutClaims(SKIP, 'path') : this.#decideBy(rules, input, trace)
    }
    return (await this.#grounded(decide)).decision
  }

  /** Decides about a mandate that was kept, by the guard's own rule. Only a denial is an event. */
  async decideKept(mandate: Mandate): Promise<Admission | Denial> {
    const attempt = this.#attemptFor('', this.#compiled.defaultRules, mandate)
    const result = await this.#grounded(() => this.#run(attempt, KEPT_STEPS))
    if (result.decision.outcome === 'deny') notify(this.#compiled, result.decision, undefined, result)
    return result.decision
  }

  holdTo(
    requirements: readonly Requirements[],
    mandate: Mandate,
    rules: Rules,
    request: Request,
  ): Denial | undefined {
    const reason = firstUnmet(mandate, requirements)
    if (reason === undefined) return undefined
    const denial = this.and(...requirements).#deny(reason, rules)
    const grounds = { claims: mandate, outage: undefined, step: 'requirements' } as const
    notify(this.#compiled, denial, request, grounds)
    return denial
  }

  async recheck(mandate: Mandate, rules: Rules): Promise<Recheck> {
    return this.#grounded(() => this.#run(this.#attemptFor('', rules, mandate), RECHECK_STEPS))
  }

  expiry(mandate: Mandate, rules: Rules): GroundedDecision<Denial> | undefined {
    const attempt = this.#attemptFor('', rules, mandate)
    const finding = checkExpiry(attempt, Date.now())
    return finding && this.#ended(attempt, finding, 'expiry')
  }

  report(recheck: Recheck, request: Request): void {
    notify(this.#compiled, recheck.decision, request, recheck)
  }

  #decideBy(rules: Rules, request: Request, trace?: Trace): Deciding<Admission | Denial> {
    return this.#attempt(credential(request.headers, this.#compiled.credentialHeader), rules, trace)
  }

  #attempt(token: string | undefined, rules: Rules, trace?: Trace): Deciding<Admission | Denial> {
    if (token === undefined) return withoutClaims(this.#deny('missing_token', rules), 'credential')
    const attempt = this.#attemptFor(token, rules)
    trace?.credential(attempt)
    return this.#run(attempt, STEPS, trace)
  }

  /** @param mandate that of the token, if it was verified before */
  #attemptFor(token: string, rules: Rules, mandate?: Mandate): Attempt {
    const { clockToleranceSeconds, storeTimeoutMs } = this.#compiled
    return { token, rules, more: this.#more, clockToleranceSeconds, storeTimeoutMs, claims: mandate, mandate }
  }

  /** Synchronous for a remembered token and a synchronous store. */
  #run(attempt: Attempt, steps: readonly Step[], trace?: Trace): Deciding<Admission | Denial> {
    let next = 0
    for (const step of steps) {
      next += 1
      const nowMs = Date.now()
      const result = step.run(attempt, nowMs)
      if (isThenable(result)) {
        const left = steps.slice(next)
        return result.then((found) => {
          trace?.step(step, found, nowMs)
          return found ? this.#ended(attempt, found, step.name) : this.#run(attempt, left, trace)
        })
      }
      trace?.step(step, result, nowMs)
      if (result !== undefined) return this.#ended(attempt, result, step.name)
    }
    const { mandate } = attempt
    if (mandate === undefined) throw new Error('The steps ended without a mandate.')
    return withoutClaims({ outcome: 'admit', mandate }, undefined)
  }

  #ended(
    { rules, claims }: Attempt,
    { reason, outage }: Finding,
    step: DecisionStep,
  ): GroundedDecision<Denial> {
    return { decision: this.#deny(reason, rules, outage), claims, outage, step }
  }

  #deny(reason: DenialReason, rules: Rules, outage?: Outage): Denial {
    // For an uncertain path, the scopes of all routes would be revealed.
    const told = rules === this.#compiled.everyRule ? [] : rules
    const scopes = new Set([...told, ...this.#more].flatMap(({ requiredScopes }) => requiredScopes ?? []))
    const { resourceMetadata, credentialHeader } = this.#compiled
    return deny(
      reason,
      { requiredScopes: Object.freeze([...scopes]), resourceMetadata, credentialHeader },
      outage,
    )
  }

  #settle<Answer extends Decision>(
    request: Request | undefined,
    decide: () => Deciding<Answer>,
    stands = () => true,
  ): Answer | Denial | Promise<Answer | Denial> {
    const told = (result: GroundedDecision<Answer | Denial>) => {
      if (stands()) notify(this.#compiled, result.decision, request, result)
      return result.decision
    }
    const deciding = this.#grounded(decide)
    return isThenable(deciding) ? deciding.then(told) : told(deciding)
  }

  #grounded<Answer extends Decision>(decide: () => Deciding<Answer>): Deciding<Answer | Denial> {
    try {
      const deciding = decide()
      return isThenable(deciding) ? deciding.then(undefined, (error) => this.#unforeseen(error)) : deciding
    } catch (error) {
      return this.#unforeseen(error)
    }
  }

  #unforeseen(error: unknown): GroundedDecision<Denial> {
    if (isInterruption(error)) throw error
    return withoutClaims(unforeseen(error, this.#compiled), undefined)
  }
}
