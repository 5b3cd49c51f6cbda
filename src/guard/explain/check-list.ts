// Collects the checks of an explanation, and knows which of them failed first.

import type { DenialReason } from '../../decision/decision.ts'
import type { CheckName, ExplainedCheck } from './explanation.ts'

type Asked = Pick<ExplainedCheck, 'step' | 'name' | 'wanted' | 'rule'>

/** What a check found, and the reason why that does not satisfy it. */
export interface Judged {
  readonly found: string
  readonly reason: DenialReason | undefined
  readonly durationMs: number
}

const UNEXPECTED: Judged = Object.freeze({
  found: 'an unexpected error: see the log',
  reason: 'server_error',
  durationMs: 0,
})

export class CheckList {
  readonly #checks: ExplainedCheck[] = []
  #failed: CheckName | undefined

  reached({ step, name, wanted, rule }: Asked, { found, reason, durationMs }: Judged): void {
    const asked = { step, name, wanted, found, rule, durationMs }
    if (reason === undefined) this.#add({ ...asked, outcome: 'passed' })
    else {
      this.#add({ ...asked, outcome: 'failed', reason })
      this.#failed ??= name
    }
  }

  /** @param judge `undefined` if there is nothing that can be judged */
  judge(asked: Asked, judge: (() => Omit<Judged, 'durationMs'>) | undefined): void {
    if (judge === undefined) {
      this.unreached(asked)
      return
    }
    const started = performance.now()
    const judged = judge()
    this.reached(asked, { ...judged, durationMs: performance.now() - started })
  }

  /** Where no check has failed before, an unexpected error ended the decision here. */
  unreached(asked: Asked): void {
    if (this.#failed === undefined) this.reached(asked, UNEXPECTED)
    else this.#add({ ...asked, outcome: 'not-reached', after: this.#failed })
  }

  unasked(asked: Asked): void {
    this.#add({ ...asked, outcome: 'not-asked' })
  }

  frozen(): readonly ExplainedCheck[] {
    return Object.freeze(this.#checks)
  }

  #add(check: ExplainedCheck): void {
    this.#checks.push(Object.freeze(check))
  }
}
