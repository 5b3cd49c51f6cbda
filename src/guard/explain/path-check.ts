// How the path led to the rules, in words, and each rule as an explanation names it.

import { quoted } from '../../lib/quoted.ts'
import type { CompiledRule } from '../steps.ts'
import type { ExplainedRule } from './explanation.ts'
import { shownSome } from './shown.ts'
import type { TraceRecord } from './trace-record.ts'

/** @returns the same object for the same rule */
export function rulesExplained(record: TraceRecord): (rule: CompiledRule) => ExplainedRule {
  const known = new Map<CompiledRule, ExplainedRule>()
  return (rule) => {
    const explained = known.get(rule) ?? explainedRule(rule, record.readingsOf(rule))
    known.set(rule, explained)
    return explained
  }
}

function explainedRule({ route }: CompiledRule, found: readonly string[]): ExplainedRule {
  const readings = Object.freeze(found)
  return Object.freeze(route === undefined ? { from: 'guard', readings } : { from: 'route', route, readings })
}

/** Which rules the path led to. */
export function pathFound(record: TraceRecord): string {
  const { rules, compiled, excluded } = record
  if (rules === undefined) return `excluded (${shownSome([...excluded])}): nothing is verified`
  if (rules === compiled?.everyRule)
    return 'a path that routers can read in too many ways: every rule applies'
  const led = rules.map((rule) => {
    const through = record.readingsOf(rule)
    return through.length === 0 ? nameOf(rule) : `${nameOf(rule)} (${shownSome(through)})`
  })
  const instead = excluded.size === 0 ? '' : `; excluded by itself: ${shownSome([...excluded])}`
  return `${led.join(' and ')}${instead}`
}

function nameOf({ route }: CompiledRule): string {
  return route === undefined ? "the guard's own rule" : `the route ${quoted(route)}`
}
