// Passes without end, for processes that live on.

import { abortSignal, type Checks, functionOf } from '../lib/checks.ts'
import { isWorkerd } from '../lib/io-sharing.ts'
import { listen } from '../lib/listening.ts'
import { logOnce } from '../lib/log.ts'
import type { Pass } from './pass-options.ts'
import { STREAM_LOSSES, type SyncReport } from './sync-report.ts'

/** How passes that follow each other are ended and watched. */
export interface FollowOptions {
  /** Ends it: no further pass begins, and the pass that is running starts nothing new. Default: it never ends. */
  readonly signal?: AbortSignal
  /** Receives the report of every pass. Default: faults are logged, each once a minute. */
  readonly onPass?: (report: SyncReport) => void
}

export const FOLLOW_OPTIONS = {
  signal: abortSignal,
  onPass: functionOf<(report: SyncReport) => void>(),
} as const satisfies Checks

/** Adds an issue where no process lives on. */
export function refuseToFollowOnWorkers(issues: string[]): void {
  if (!isWorkerd()) return
  issues.push(
    'followRevocations does not work on Workers, where everything ends with its request: call syncRevocations from a cron trigger',
  )
}

/** How long to wait after a pass that has nothing left to do. */
const PAUSE_MS = 1_000
/** The longest pause in an outage. */
const LONGEST_PAUSE_MS = 30_000

/** Resolves when the signal fires. */
export async function follow(pass: Pass, { signal, onPass }: FollowOptions): Promise<void> {
  let failures = 0
  while (signal?.aborted !== true) {
    const report = await pass(signal)
    tell(onPass, report)
    failures = isOutage(report) ? failures + 1 : 0
    if (isBehind(report)) continue
    await pause(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.max(0, failures - 1)), signal)
  }
}

/** A loss is not an outage: Redis has answered. */
function isOutage({ fault }: SyncReport): boolean {
  return fault !== undefined && !STREAM_LOSSES.some((loss) => loss === fault)
}

/** Whether the pass ended at its limits, so that the next one has something to do. */
function isBehind({ caughtUp, fault, applied, deadLettered }: SyncReport): boolean {
  return !caughtUp && fault === undefined && applied + deadLettered > 0
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal?.addEventListener('abort', end)
  })
}

function tell(onPass: FollowOptions['onPass'], report: SyncReport): void {
  if (onPass === undefined) {
    const { fault } = report
    if (fault !== undefined) logOnce(undefined, `pass ${fault}`, `revocations are behind (${fault})`)
    return
  }
  listen('onPass', onPass, () => onPass(report))
}
