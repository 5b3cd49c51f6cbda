// A listener that writes one line for each decision to the console. No text in an event can end that line or begin another.

import { CaracalConfigError } from '../decision/errors.ts'
import type { DecisionEvent } from '../decision/events.ts'
import { oneOf } from '../lib/checks.ts'
import { globalMember } from '../lib/global-member.ts'
import { MAX_QUOTED_LENGTH } from '../lib/limits.ts'
import { classMember } from '../lib/own-member.ts'
import { escaped, quoted } from '../lib/quoted.ts'
import { readOptions } from '../lib/read-options.ts'

/** The options of {@link consoleObserver}. */
export interface ConsoleObserverOptions {
  /**
   * The least that is written: `'error'` outages and errors of the guard (503, 500), `'warn'` other refusals too, `'info'`
   * admissions too, `'debug'` requests on excluded paths too. Default: `'info'`.
   */
  readonly level?: Level
  /** Default: `'pretty'` where standard output is a terminal, `'json'` elsewhere. */
  readonly format?: 'pretty' | 'json'
}

type Level = (typeof LEVELS)[number]

/** Each is a method of the console. */
const LEVELS = ['debug', 'info', 'warn', 'error'] as const

const OPTIONS = { level: oneOf(...LEVELS), format: oneOf('pretty', 'json') } as const

/**
 * A listener for `onDecision` that writes one line for each decision: with `console.error`, `.warn`, `.info` or `.debug`, by
 * its level. It never throws. Control characters, line breaks and marks of direction are escaped in every text, and texts
 * longer than 200 characters are cut, but for the explanation.
 *
 * `'json'`: one object a line, `time` (ISO 8601), `level` and the members of the event under their names; those that are
 * `undefined` are left out. A `cause` is not written: a store of your own logs its errors itself.
 *
 * With `onDecision`, the guard does not log outages itself: this does, each time.
 * @throws {CaracalConfigError} naming every mistake in the options
 * @example
 * ```ts
 * withCaracal(handler, { revocations, onDecision: consoleObserver({ level: 'warn' }) })
 * ```
 */
export function consoleObserver(
  ...given: readonly [options?: ConsoleObserverOptions]
): (event: DecisionEvent) => void {
  const issues: string[] = []
  // `consoleObserver(undefined)` is a mistake, such as a misspelt variable.
  const options = readOptions(given.length === 0 ? {} : given[0], OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  const { level: least = 'info', format = isTerminal() ? 'pretty' : 'json' } = options
  const written = LEVELS.slice(LEVELS.indexOf(least))
  return (event) => {
    try {
      const level = levelOf(event)
      if (!written.includes(level)) return
      console[level](format === 'json' ? jsonLine(event, level) : prettyLine(event, level))
    } catch {
      // A console that cannot write must not end anything.
    }
  }
}

function levelOf(event: DecisionEvent): Level {
  switch (event.outcome) {
    case 'skip':
      return 'debug'
    case 'admit':
      return 'info'
    case 'deny':
      return event.status >= 500 ? 'error' : 'warn'
  }
}

function jsonLine(event: DecisionEvent, level: Level): string {
  const time = new Date().toISOString()
  const members = Object.entries(event).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'explanation' ? cut(value) : value,
  ])
  return escaped(JSON.stringify({ time, level, ...Object.fromEntries(members) }))
}

const NOBODY = { zoneId: undefined, clientId: undefined, sub: undefined, jti: undefined }

function prettyLine(event: DecisionEvent, level: Level): string {
  const { method, route, durationMs, requestId, keysMs, signatureMs, storeMs } = event
  const refused = event.outcome === 'deny' ? [event.status, event.reason] : []
  const holder = event.outcome === 'skip' ? NOBODY : event
  const named = {
    ...{ zone: holder.zoneId, client: holder.clientId, sub: holder.sub, jti: holder.jti },
    ...{
      request: requestId,
      keys: rounded(keysMs),
      signature: rounded(signatureMs),
      store: rounded(storeMs),
    },
  }
  const parts = [
    ...['caracal', level, event.outcome, ...refused, method, route && JSON.stringify(route)],
    ...Object.entries(named).map(([name, value]) => value && `${name}=${quoted(cut(value))}`),
    rounded(durationMs),
    event.outcome === 'deny' && event.explanation,
  ]
  return escaped(parts.filter((part) => part !== undefined && part !== false && part !== '').join(' '))
}

function rounded(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms.toFixed(1)}ms`
}

function cut(text: string): string {
  return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text
}

/** Whether standard output is a terminal. */
function isTerminal(): boolean {
  return classMember(globalMember('process', 'stdout'), 'isTTY') === true
}
