// Is told how the guard comes to a decision. Requests have none: only `explain` listens.

import type { OnReading } from '../request/path-policy.ts'
import type { Requirements } from '../requirements.ts'
import type { Compiled } from './compile.ts'
import type { Rules } from './request-guard.ts'
import type { Attempt, CompiledRule, Finding, Step } from './steps.ts'

export interface Trace {
  /** What the guard decides by. */
  readonly begin: (compiled: Compiled, more: readonly Requirements[]) => void
  /** One reading of the path, and what applies to it. */
  readonly reading: OnReading<CompiledRule>
  /** @param rules those that must be met; `undefined` if the path is excluded */
  readonly path: (rules: Rules | undefined) => void
  /** There is a token. */
  readonly credential: (attempt: Attempt) => void
  /** @param finding why the attempt ends; `undefined` if it goes on */
  readonly step: (step: Step, finding: Finding | undefined, nowMs: number) => void
}
