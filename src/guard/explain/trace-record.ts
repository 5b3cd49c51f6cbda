// Remembers what the guard tells of a decision: rules, readings, what each step found, and when.

import type { Verdict } from '../../request/verdicts.ts'
import type { Requirements } from '../../requirements.ts'
import type { Compiled } from '../compile.ts'
import type { Rules } from '../request-guard.ts'
import type { Attempt, AttemptStep, CompiledRule, Finding, Step } from '../steps.ts'
import type { Trace } from '../trace.ts'

/** A step that has ended. */
export interface Ended {
  readonly finding: Finding | undefined
  /** The time by which it decided. */
  readonly nowMs: number
  readonly durationMs: number
}

export class TraceRecord implements Trace {
  compiled: Compiled | undefined
  more: readonly Requirements[] = []
  /** By rule, the readings of the path that led to it; other names that led to it. */
  readonly #readings = new Map<CompiledRule, Set<string>>()
  readonly #otherNames = new Map<CompiledRule, Set<string>>()
  readonly excluded = new Set<string>()
  rules: Rules | undefined
  /** How long it took to find the rules. `undefined` if that did not end. */
  pathMs: number | undefined
  attempt: Attempt | undefined
  credentialMs = 0
  readonly ended = new Map<AttemptStep, Ended>()
  #last = performance.now()

  begin(compiled: Compiled, more: readonly Requirements[]): void {
    this.compiled = compiled
    this.more = more
    this.lapMs()
  }

  // Is passed on without its object.
  readonly reading = (reading: string, verdict: Verdict<CompiledRule>, isOtherName: boolean): void => {
    if (verdict === 'excluded') {
      this.excluded.add(reading)
      return
    }
    const byRule = isOtherName ? this.#otherNames : this.#readings
    for (const rule of verdict) byRule.set(rule, (byRule.get(rule) ?? new Set()).add(reading))
  }

  /** How the path led to a rule. Other names count only where no reading did. */
  readingsOf(rule: CompiledRule): readonly string[] {
    return [...(this.#readings.get(rule) ?? this.#otherNames.get(rule) ?? [])]
  }

  path(rules: Rules | undefined): void {
    this.rules = rules
    this.pathMs = this.lapMs()
  }

  credential(attempt: Attempt): void {
    this.attempt = attempt
    this.credentialMs = this.lapMs()
  }

  /** Whether the path is excluded. */
  get isSkipped(): boolean {
    return this.pathMs !== undefined && this.rules === undefined
  }

  step({ name }: Step, finding: Finding | undefined, nowMs: number): void {
    this.ended.set(name, { finding, nowMs, durationMs: this.lapMs() })
  }

  /** The time since it was last asked. */
  lapMs(): number {
    const last = this.#last
    this.#last = performance.now()
    return this.#last - last
  }
}
