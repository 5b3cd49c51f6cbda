// What can still be asked about the mandate of a request, after the request was admitted.

import type { Admission, Denial } from '../decision/decision.ts'
import { deny } from '../decision/denials.ts'
import type { Refusal } from '../decision/events.ts'
import type { Mandate } from '../mandate.ts'
import type { Requirements } from '../requirements.ts'
import {
  type AuthoritySignalOptions,
  type Rechecked,
  readSignalOptions,
  signalFor,
} from './authority-signal.ts'
import type { SelectedGuard } from './environment-guards.ts'
import { readRequirementsOnce } from './read-requirements.ts'
import type { Recheck, RequestGuard, Rules } from './request-guard.ts'

/**
 * The mandate of an admitted request, and what can still be asked about it while the handler runs. Frozen. It holds no
 * token, and asks nothing by itself.
 */
export interface Authority {
  /** The verified mandate, as it was when the request was admitted. */
  readonly mandate: Mandate
  /**
   * Checks further requirements, which may depend on the body, the row or the tool. Neither the signature is verified nor
   * the store asked. A denial is an event for `onDecision`.
   *
   * @param requirements in addition to those of the path. They are read once per object, so that later changes to it have
   *   no effect: keep those that are fixed in a constant.
   * @returns the denial, for `denialResponse`, or `undefined` if the mandate meets the requirements
   * @throws {CaracalConfigError} naming every mistake in the requirements; `undefined` is one
   * @example
   * ```ts
   * const denial = authority.meets({ requiredScopes: [`tool:${tool}`] })
   * if (denial) return denialResponse(denial)
   * ```
   */
  meets(requirements: Requirements): Denial | undefined
  /**
   * Whether the mandate is valid now: not expired, not revoked, of no older delegation epoch. It asks the store of the
   * rule that admitted the request, within `storeTimeoutMs`; of several rules, the store of each. The signature, the
   * path and the requirements are not checked again. A denial is an event for `onDecision`, an admission is not.
   *
   * @example
   * ```ts
   * const decision = await authority.recheck()
   * if (decision.outcome === 'deny') return denialResponse(decision)
   * ```
   */
  recheck(): Promise<Admission | Denial>
  /**
   * A signal that fires when the authority ends, for what goes on after the answer has begun: a stream, a socket, a long
   * job. Its reason is an {@link AuthorityEndedError} with the denial, which is an event for `onDecision` too.
   *
   * **Without `recheckEveryMs`, only expiry ends it.** With it, a revocation ends it within `recheckEveryMs` and
   * `storeTimeoutMs`. A mandate that has ended already gives a signal that has fired already.
   *
   * It holds one timer until it fires or is given up. On Workers, timers belong to the request: when its answer is
   * complete, and nothing is passed to `waitUntil`, the signal no longer fires.
   *
   * @throws {CaracalConfigError} naming every mistake in the options
   * @example
   * ```ts
   * const signal = authority.signal({ recheckEveryMs: 10_000, until: request.signal })
   * signal.addEventListener('abort', () => socket.close(1008, signal.reason.denial.code))
   * ```
   */
  signal(options?: AuthoritySignalOptions): AbortSignal
}

/** What admitted a request. */
export interface AdmittedBy {
  readonly guard: RequestGuard
  /** Whether the guard is still that of the request. */
  readonly stands: () => boolean
  readonly rules: Rules
  readonly request: Request
  /** The guard that is selected for the request now. */
  select(): SelectedGuard
  /** Admits the request once more, by the guard that is selected for it now. */
  again(): Promise<{
    readonly denial: Denial | undefined
    /** `undefined` if the path is excluded. */
    readonly authority?: AdmittedAuthority | undefined
  }>
}

export class AdmittedAuthority implements Authority {
  readonly mandate: Mandate
  #by: AdmittedBy

  constructor(mandate: Mandate, by: AdmittedBy) {
    this.mandate = mandate
    this.#by = by
    Object.freeze(this)
  }

  meets(...given: readonly [requirements: Requirements]): Denial | undefined {
    return this.meetsAll([readRequirementsOnce(...given)])
  }

  /** As `meets`, for requirements that have been read. A denial for scopes names those of all of them. */
  meetsAll(requirements: readonly Requirements[]): Denial | undefined {
    return this.#ask((guard, rules) => guard.holdTo(requirements, this.mandate, rules, this.#by.request))
  }

  /** Tells `onDecision` that the request is refused, though its mandate is valid. */
  reportRefusal(refusal: Refusal): void {
    const step = refusal.status === 500 ? undefined : 'message'
    this.#ask((guard, rules) => guard.refuse(refusal, step, this.mandate, rules, this.#by.request))
  }

  async recheck(): Promise<Admission | Denial> {
    const { decision, report } = await this.#check()
    if (decision.outcome === 'deny') report()
    return decision
  }

  signal(...given: readonly [options?: AuthoritySignalOptions]): AbortSignal {
    // `signal(undefined)` is a mistake, such as a misspelt variable.
    const options = readSignalOptions(given.length === 0 ? {} : given[0])
    return signalFor(
      { mandate: this.mandate, expiry: () => this.#expiry(), check: () => this.#check() },
      options,
    )
  }

  #expiry() {
    const { guard, rules } = this.#by
    const expiry = guard.expiry(this.mandate, rules)
    return expiry && { denial: expiry.decision, report: () => this.#report(expiry) }
  }

  async #check(): Promise<Rechecked> {
    const { guard, rules, stands } = this.#by
    const recheck = await guard.recheck(this.mandate, rules)
    if (!stands()) return this.#checkAgain()
    return { decision: recheck.decision, report: () => this.#report(recheck) }
  }

  /** What the store read has shown that the guard is another environment's: that one's guard decides. It also reports. */
  async #checkAgain(): Promise<Rechecked> {
    const { denial, authority } = await this.#by.again()
    const report = () => {}
    if (denial !== undefined) return { decision: denial, report }
    // It excludes the path, so that nothing was verified.
    if (authority === undefined) return { decision: deny('server_error'), report }
    this.#by = authority.#by
    return { decision: { outcome: 'admit', mandate: this.mandate }, report }
  }

  #report(recheck: Recheck): void {
    this.#ask((guard) => guard.report(recheck, this.#by.request))
  }

  /** What `onDecision` reads can show that the guard is another environment's: then the right one is asked, too. */
  #ask<Answer>(ask: (guard: RequestGuard, rules: Rules) => Answer): Answer {
    let { guard, stands, rules } = this.#by
    for (;;) {
      const answer = ask(guard, rules)
      if (stands()) return answer
      rules = []
      ;({ guard, stands } = this.#by.select())
    }
  }
}

// A library that gets one authority must not be able to change the answers of all others.
Object.freeze(AdmittedAuthority.prototype)
