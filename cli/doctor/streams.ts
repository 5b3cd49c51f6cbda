// Whether passes are made, and whether they have lost anything.

import type { StreamNames } from '../commands/stream-options.ts'
import type { Database } from '../database.ts'
import { adviceFor } from '../fault-advice.ts'
import { KEY_PREFIX, listIn, recordIn, STREAMS } from '../streams.ts'
import { duration, type Finding } from './finding.ts'

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
  try {
    const found = [await heartbeat(database, names)]
    for (const one of STREAMS) found.push(...(await checkStream(database, names, one)))
    return found
  } catch {
    return [{ check: 'stream', state: 'note', text: `${database.host} does not say how its streams are` }]
  }
}

async function heartbeat({ command }: Database, { keyPrefix = KEY_PREFIX }: StreamNames): Promise<Finding> {
  const value = await command(['GET', `${keyPrefix}sync-heartbeat`])
  const advice =
    'Run caracal-edge sync, or see that the cron trigger calls syncRevocations. With maxSyncAgeMs, guards refuse until then.'
  if (value === null || value === undefined)
    return { check: 'heartbeat', state: 'note', text: 'no pass has been complete yet', advice }
  const at = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN
  const lead = at - Date.now()
  if (!(lead <= LEAD_MS)) {
    return {
      check: 'heartbeat',
      state: 'bad',
      text: 'the time of the last complete pass is in the future, or no time',
      advice: 'Set the clock of what makes the passes by NTP. With maxSyncAgeMs, guards refuse until then.',
    }
  }
  const age = Math.max(0, -lead)
  const text = `the last complete pass was ${duration(age)} ago`
  return age <= OLD_HEARTBEAT_MS
    ? { check: 'heartbeat', state: 'good', text }
    : { check: 'heartbeat', state: 'note', text, advice }
}

async function checkStream(
  { command }: Database,
  names: StreamNames,
  { stream, group: usual, option }: (typeof STREAMS)[number],
): Promise<readonly Finding[]> {
  const { keyPrefix = KEY_PREFIX } = names
  const group = names[option] ?? usual
  const groups = listIn(await command(['XINFO', 'GROUPS', stream]).catch(() => [])).map(recordIn)
  const own = groups.find(({ name }) => name === group)
  if (own === undefined) {
    const advice = 'If this deployment makes passes, run caracal-edge sync, and name its groups as sync does.'
    return [{ check: 'stream', state: 'note', text: `${stream} has no group ${group}`, advice }]
  }
  const found: Finding[] = []
  for (const [key, loss] of LOSSES) {
    if ((await command(['EXISTS', `${keyPrefix}sync-${key}:${stream}:${group}`])) !== 1) continue
    const text = `${stream}: a loss is held (${loss}), so that no pass is caught up`
    if (!found.some((one) => one.text === text))
      found.push({ check: 'stream', state: 'bad', text, advice: adviceFor(loss) })
  }
  const left = listIn(
    await command(['XRANGE', stream, `(${own['last-delivered-id']}`, '+', 'COUNT', '1000']),
  ).length
  const behind = `${left === 1000 ? 'at least ' : ''}${left} unread, ${own.pending} pending`
  const isIdle = left === 0 && own.pending === '0'
  found.push({
    ...{ check: 'stream', state: isIdle ? 'good' : 'note', text: `${stream}: ${behind}` },
    ...(!isIdle && { advice: 'Run caracal-edge sync.' }),
  })
  const dead = Number(await command(['XLEN', `${stream}.dead`]))
  if (dead > 0) {
    const advice = 'caracal-edge sync --dead-letters lists them.'
    found.push({ check: 'dead letters', state: 'note', text: `${stream}: ${dead}`, advice })
  }
  return found
}
