// Whether passes are made, and whether they have lost anything.

import type { StreamNames } from '../commands/stream-options.ts'
import type { Database } from '../database.ts'
import { adviceSentence } from '../fault-advice.ts'
import { KEY_PREFIX, recordIn, STREAMS } from '../streams.ts'
import { type Asker, askerOf, isCount, isList, isTextOrNone } from './asker.ts'
import { bad, duration, type Finding, good, note } from './finding.ts'

const LOSSES = [
  ['trimmed', 'trimmed'],
  ['unverified', 'unverified'],
  ['restarted', 'restarted'],
  // Messages that wait for the key that they were signed with.
  ['waiting', 'unverified'],
] as const

/** Guards refuse one that is further ahead. */
const LEAD_MS = 60_000

/** Two passes a minute are usual; with a cron trigger, one. */
const OLD_HEARTBEAT_MS = 5 * 60_000

export async function checkStreams(database: Database, names: StreamNames): Promise<readonly Finding[]> {
  const asker = askerOf(database)
  await heartbeat(asker, names)
  for (const one of STREAMS) await checkStream(asker, names, one)
  return asker.found
}

async function heartbeat({ tell, ask }: Asker, { keyPrefix = KEY_PREFIX }: StreamNames): Promise<void> {
  const what = 'when the last complete pass was'
  const value = await ask('heartbeat', what, ['GET', `${keyPrefix}sync-heartbeat`], isTextOrNone)
  if (value !== undefined) tell(aged(value))
}

function aged(value: string | null): Finding {
  const advice =
    'Run caracal-edge sync, or see that the cron trigger calls syncRevocations. With maxSyncAgeMs, guards refuse until then.'
  if (value === null) return note('heartbeat', 'no pass has been complete yet', advice)
  const at = /^\d+$/.test(value) ? Number(value) : Number.NaN
  const lead = at - Date.now()
  if (!(lead <= LEAD_MS)) {
    return bad(
      'heartbeat',
      'the time of the last complete pass is in the future, or no time',
      'Set the clock of what makes the passes by NTP. With maxSyncAgeMs, guards refuse until then.',
    )
  }
  const age = Math.max(0, -lead)
  const text = `the last complete pass was ${duration(age)} ago`
  return age <= OLD_HEARTBEAT_MS ? good('heartbeat', text) : note('heartbeat', text, advice)
}

async function checkStream(
  asker: Asker,
  names: StreamNames,
  { stream, group: usual, option }: (typeof STREAMS)[number],
): Promise<void> {
  const { tell, ask } = asker
  const group = names[option] ?? usual
  await losses(asker, names.keyPrefix ?? KEY_PREFIX, stream, group)
  // Without a stream, XINFO is an error like any other.
  const exists = await ask('stream', `whether ${stream} is there`, ['EXISTS', stream], isCount)
  const what = `how the groups of ${stream} are`
  const info = exists === 0 ? [] : await ask('stream', what, ['XINFO', 'GROUPS', stream], isList)
  if (info !== undefined) {
    const own = info.map(recordIn).find(({ name }) => name === group)
    if (own !== undefined) await progress(asker, stream, own)
    else {
      const advice =
        'If this deployment makes passes, run caracal-edge sync, and name its groups as sync does.'
      const text = exists === 0 ? `there is no ${stream} yet` : `${stream} has no group ${group}`
      tell(note('stream', text, advice))
    }
  }
  const many = `how many there are of ${stream}`
  const dead = await ask('dead letters', many, ['XLEN', `${stream}.dead`], isCount)
  if (dead !== undefined && dead > 0) {
    const advice = 'caracal-edge sync --dead-letters lists them.'
    tell(note('dead letters', `${stream}: ${dead}`, advice))
  }
}

async function losses({ tell, ask }: Asker, keyPrefix: string, stream: string, group: string): Promise<void> {
  for (const [key, loss] of LOSSES) {
    const what = `whether a loss of ${stream} is held (${loss})`
    const held = await ask('stream', what, ['EXISTS', `${keyPrefix}sync-${key}:${stream}:${group}`], isCount)
    if (held === undefined || held === 0) continue
    const text = `${stream}: a loss is held (${loss}), so that no pass is caught up`
    tell(bad('stream', text, adviceSentence(loss)))
  }
}

/** How far a group has come. */
async function progress(
  { tell, ask }: Asker,
  stream: string,
  group: Readonly<Record<string, string>>,
): Promise<void> {
  const what = `how many messages of ${stream} are unread`
  const from = `(${group['last-delivered-id']}`
  const unread = await ask('stream', what, ['XRANGE', stream, from, '+', 'COUNT', '1000'], isList)
  if (unread === undefined) return
  const left = unread.length
  const pending = Number(group.pending)
  const text = `${stream}: ${left === 1000 ? 'at least ' : ''}${left} unread, ${pending} pending`
  const isDone = left === 0 && pending === 0
  tell(isDone ? good('stream', text) : note('stream', text, 'Run caracal-edge sync.'))
}
