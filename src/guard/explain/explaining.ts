// What the explanations of all steps share.

import type { CompiledRule } from '../steps.ts'
import type { CheckList } from './check-list.ts'
import type { ExplainedRule } from './explanation.ts'
import type { TraceRecord } from './trace-record.ts'

export interface Explaining {
  readonly record: TraceRecord
  readonly checks: CheckList
  readonly ruleOf: (rule: CompiledRule) => ExplainedRule
}
