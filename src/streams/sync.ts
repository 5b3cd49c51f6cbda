// One bounded pass over both streams.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { faultOf, runScript, type SendCommand } from '../redis/command.ts'
import { DELEGATION_STREAM, heartbeatKey, REVOCATION_STREAM } from '../redis/redis-names.ts'
import { ConsumerGroup } from './group.ts'
import { type StreamOutcome, StreamPass } from './pass.ts'
import { BEAT } from './scripts.ts'
import type { StreamKeys } from './signature.ts'
import { STREAM_LOSSES, type StreamLoss, type SyncReport } from './sync-report.ts'

/** The compiled options of a pass. */
export interface SyncPlan {
  readonly groups: { readonly revocations: string; readonly delegations: string }
  readonly consumer: string
  readonly keyPrefix: string
  /** `undefined` with `unsignedStreams: 'accept'`. */
  readonly keys: StreamKeys | undefined
  readonly ttlMs: number
  readonly lossHoldMs: number
  readonly giveUp: readonly StreamLoss[]
  readonly maxMessages: number
  readonly maxDurationMs: number
}

/**
 * Does not reject if Redis fails: the report says so, and what was not done is still in the streams.
 * @param signal after it has fired, nothing new is started
 */
export async function syncPass(send: SendCommand, plan: SyncPlan, signal?: AbortSignal): Promise<SyncReport> {
  const startedAt = Date.now()
  const { consumer, keyPrefix, lossHoldMs, maxDurationMs, giveUp, keys, ttlMs, maxMessages } = plan
  const groupOn = (stream: string, group: string) =>
    new ConsumerGroup(send, {
      ...{ stream, group, consumer, keyPrefix, lossHoldMs, maxDurationMs, giveUp },
      keysName: keys?.name ?? '',
    })
  const run = (group: ConsumerGroup, shareOfTime: number) => {
    const isOver = () => signal?.aborted === true || Date.now() >= startedAt + maxDurationMs * shareOfTime
    return new StreamPass(group, { ttlMs, isOver }, keys, maxMessages).run()
  }
  const revocations = groupOn(REVOCATION_STREAM, plan.groups.revocations)
  const delegations = groupOn(DELEGATION_STREAM, plan.groups.delegations)
  // Each stream has its own limits, so that a long one does not keep the other from being read.
  const streams = [
    { group: revocations, outcome: await run(revocations, 1 / 2) },
    { group: delegations, outcome: await run(delegations, 1) },
  ]
  let heartbeat: Heartbeat = { isClean: false, loss: undefined }
  const heartbeatFault = await faultOf(async () => {
    heartbeat = await writeHeartbeat(send, heartbeatKey(keyPrefix), streams, startedAt)
  })
  const outcomes = streams.map(({ outcome }) => outcome)
  const sum = (count: (outcome: StreamOutcome) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0)
  return Object.freeze({
    applied: sum(({ applied }) => applied),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    pending: sum(({ pending }) => pending),
    caughtUp: heartbeat.isClean,
    fault: heartbeat.loss ?? outcomes.find(({ fault }) => fault !== undefined)?.fault ?? heartbeatFault,
    olderKeyUsed: outcomes.some(({ olderKeyUsed }) => olderKeyUsed),
  })
}

interface Heartbeat {
  readonly isClean: boolean
  /** The first held loss in the order of STREAM_LOSSES. */
  readonly loss: StreamLoss | undefined
}

/** Writes the heartbeat if nothing is left to do and no loss is held. */
async function writeHeartbeat(
  send: SendCommand,
  heartbeat: string,
  streams: readonly { readonly group: ConsumerGroup; readonly outcome: StreamOutcome }[],
  startedAt: number,
): Promise<Heartbeat> {
  const isRead = streams.every(({ outcome }) => outcome.isDrained)
  const keys = streams.flatMap(({ group }) => group.beatKeys)
  const args = streams.flatMap(({ group }) => group.beatArgs)
  const answer: unknown = await runScript(
    send,
    BEAT,
    [heartbeat, ...keys],
    [isRead ? String(startedAt) : '', ...args],
  )
  if (!Array.isArray(answer)) throw new RevocationUnavailableError('malformed')
  const [isClean, ...held]: readonly unknown[] = answer
  const loss = STREAM_LOSSES.find((kind) => held.includes(kind))
  if ((isClean !== 0 && isClean !== 1) || (held.length > 0 && (isClean === 1 || loss === undefined))) {
    throw new RevocationUnavailableError('malformed')
  }
  return { isClean: isClean === 1, loss }
}
