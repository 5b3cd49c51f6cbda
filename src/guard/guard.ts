// The guard: finds the rules of a request and runs its token through the steps.

import {
  type Admission,
  type Decision,
  type DecisionStep,
  type Denial,
  type DenialReason,
  SKIP,
  type Skip,
} from '../decision/decision.ts'
import type { Outage } from '../decision/denials.ts'
import { type Grounds, notify, type Refusal } from '../decision/events.ts'
import type { Measured } from '../decision/measurements.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import type { Mandate } from '../mandate.ts'
import { credential, givenToken } from '../request/credential.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import { firstUnmet, type Requirements } from '../requirements.ts'
import { type Compiled, compile } from './compile.ts'
import type { Configuration } from './configuration.ts'
import { type Deciding, denialBy, grounded, NO_RULES, withoutClaims } from './grounded.ts'
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

  get compiled(): Compiled {
    return this.#compiled
  }

  get websocketDenial(): WebSocketDenial | undefined {
    return this.#compiled.websocketDenial
  }

  decide(request: Request, routed?: RoutedPath, stands?: () => boolean): Awaitable<DecisionByRules> {
    let rules: Rules | undefined
    const decide = (measured: Measured) => {
      rules = this.#compiled.rulesFor(request, routed)
      if (rules === undefined) return withoutClaims(SKIP, 'path', NO_RULES, measured)
      return this.#decideBy(rules, request, measured)
    }
    const byRules = (decision: Decision) => ({ decision, rules: rules ?? NO_RULES })
    const settled = this.#settle<Decision>(request, decide, stands)
    return isThenable(settled) ? settled.then(byRules) : byRules(settled)
  }

  /** As `decide`, but an excluded path must meet the guard's own rule. Never rejects. */
  async decideWithoutSkip(request: Request): Promise<Admission | Denial> {
    const { rulesFor, defaultRules } = this.#compiled
    return this.#settle(request, (measured) =>
      this.#decideBy(rulesFor(request) ?? defaultRules, request, measured),
    )
  }

  /** Decides by the guard's own rule, because there is no path. Never rejects. */
  async decideToken(token: string): Promise<Admission | Denial> {
    const { defaultRules } = this.#compiled
    return this.#settle(undefined, (measured) => this.#attempt(givenToken(token), defaultRules, measured))
  }

  /**
   * Decides about a request, or a token, as the methods above, and tells the trace instead of `onDecision`.
   * @param skip the decision on an excluded path; `undefined` if that must meet the guard's own rule
   */
  async decideTraced<Skipped extends Skip>(
    input: Request | string,
    skip: Skipped | undefined,
    trace: Trace,
  ): Promise<Admission | Denial | Skipped> {
    const { rulesFor, defaultRules } = this.#compiled
    trace.begin(this.#compiled, this.#more)
    const decide = (measured: Measured): Deciding<Admission | Denial | Skipped> => {
      const found = typeof input === 'string' ? defaultRules : rulesFor(input, undefined, trace.reading)
      trace.path(found ?? (skip === undefined ? defaultRules : undefined))
      if (found === undefined && skip !== undefined) return withoutClaims(skip, 'path', NO_RULES, measured)
      const rules = found ?? defaultRules
      if (typeof input === 'string') return this.#attempt(givenToken(input), rules, measured, trace)
      return this.#decideBy(rules, input, measured, trace)
    }
    return (await grounded(this.#compiled, decide)).decision
  }

  /** Decides about a mandate that was kept, by the guard's own rule. Only a denial is an event. */
  async decideKept(mandate: Mandate): Promise<Admission | Denial> {
    const { defaultRules } = this.#compiled
    const result = await grounded(this.#compiled, (measured) =>
      this.#run(this.#attemptFor('', defaultRules, measured, mandate), KEPT_STEPS),
    )
    if (result.decision.outcome === 'deny') notify(this.#compiled, result, undefined)
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
    this.refuse(denial, 'requirements', mandate, rules, request)
    return denial
  }

  refuse(
    decision: Refusal,
    step: Grounds['step'],
    claims: Mandate | undefined,
    rules: Rules,
    request: Request,
  ): void {
    const grounds = { claims, step, rules: this.#told(rules), outage: undefined, measured: undefined }
    notify(this.#compiled, { decision, ...grounds }, request)
  }

  async recheck(mandate: Mandate, rules: Rules): Promise<Recheck> {
    return grounded(this.#compiled, (measured) =>
      this.#run(this.#attemptFor('', rules, measured, mandate), RECHECK_STEPS),
    )
  }

  expiry(mandate: Mandate, rules: Rules): GroundedDecision<Denial> | undefined {
    const attempt = this.#attemptFor('', rules, undefined, mandate)
    const finding = checkExpiry(attempt, Date.now())
    return finding && this.#ended(attempt, finding, 'expiry')
  }

  report(recheck: Recheck, request: Request): void {
    notify(this.#compiled, recheck, request)
  }

  #decideBy(rules: Rules, request: Request, measured: Measured, trace?: Trace): Deciding<Admission | Denial> {
    const token = credential(request.headers, this.#compiled.credentialHeader)
    return this.#attempt(token, rules, measured, trace)
  }

  #attempt(
    token: string | undefined,
    rules: Rules,
    measured: Measured,
    trace?: Trace,
  ): Deciding<Admission | Denial> {
    if (token === undefined)
      return withoutClaims(this.#deny('missing_token', rules), 'credential', this.#told(rules), measured)
    const attempt = this.#attemptFor(token, rules, measured)
    trace?.credential(attempt)
    return this.#run(attempt, STEPS, trace)
  }

  /** @param mandate that of the token, if it was verified before */
  #attemptFor(token: string, rules: Rules, measured: Measured, mandate?: Mandate): Attempt {
    const { clockToleranceSeconds, storeTimeoutMs } = this.#compiled
    const more = this.#more
    return { token, rules, more, clockToleranceSeconds, storeTimeoutMs, measured, claims: mandate, mandate }
  }

  /** Synchronous for a remembered token and a synchronous store. */
  #run(attempt: Attempt, steps: readonly Step[], trace?: Trace): Deciding<Admission | Denial> {
    let next = 0
    // Not read for every step: on Workers, that would take longer than most steps.
    let nowMs = Date.now()
    for (const step of steps) {
      next += 1
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
      // A store that answers at once may still have taken its time.
      if (step.name === 'revocation') nowMs = Date.now()
    }
    const { mandate, measured } = attempt
    if (mandate === undefined) throw new Error('The steps ended without a mandate.')
    const rules = this.#told(attempt.rules)
    const decision = { outcome: 'admit', mandate } as const
    return { decision, claims: mandate, outage: undefined, step: undefined, rules, measured }
  }

  #ended(
    { rules, claims, measured }: Attempt,
    { reason, outage }: Finding,
    step: DecisionStep,
  ): GroundedDecision<Denial> {
    const decision = this.#deny(reason, rules, outage)
    return { decision, claims, outage, step, rules: this.#told(rules), measured }
  }

  #deny(reason: DenialReason, rules: Rules, outage?: Outage): Denial {
    return denialBy(this.#compiled, [...this.#told(rules), ...this.#more], reason, outage)
  }

  /** For an uncertain path, the scopes of all routes would be revealed. */
  #told(rules: Rules): Rules {
    return rules === this.#compiled.everyRule ? NO_RULES : rules
  }

  #settle<Answer extends Decision>(
    request: Request | undefined,
    decide: (measured: Measured) => Deciding<Answer>,
    stands = () => true,
  ): Awaitable<Answer | Denial> {
    const told = (result: GroundedDecision<Answer | Denial>) => {
      if (stands()) notify(this.#compiled, result, request)
      return result.decision
    }
    const deciding = grounded(this.#compiled, decide)
    return isThenable(deciding) ? deciding.then(told) : told(deciding)
  }
}
