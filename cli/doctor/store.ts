// Whether the Redis can be read and written, and keeps what it is told.

import { RevocationUnavailableError } from 'caracal-edge'
import type { Database } from '../database.ts'
import { adviceSentence } from '../fault-advice.ts'
import { redisFault } from '../redis-fault.ts'
import { KEY_PREFIX, listIn } from '../streams.ts'
import { variable } from '../variables.ts'
import { duration, type Finding } from './finding.ts'

interface StoreOptions {
  readonly keyPrefix?: string
  readonly write?: true
}

interface StoreFindings {
  readonly found: readonly Finding[]
  /** Whether anything else can be asked. */
  readonly answers: boolean
}

/** @throws {CaracalConfigError} if the prefix of the keys cannot be one */
export async function checkStore(database: Database, options: StoreOptions): Promise<StoreFindings> {
  const { found, answers } = await readable(database, options)
  if (!answers) return { found, answers }
  const written = options.write ? [await writable(database, options)] : []
  return { found: [...found, ...written, await eviction(database)], answers }
}

/** With the zone of the environment, whose epoch may be what cannot be read. */
async function readable({ host, storeWith }: Database, { keyPrefix }: StoreOptions): Promise<StoreFindings> {
  const store = storeWith(keyPrefix)
  const asked = Date.now()
  try {
    await store.lookup({
      anchors: [crypto.randomUUID()],
      zoneId: variable('CARACAL_ZONE_ID') ?? 'doctor',
    })
    const text = `${host} answers a look-up in ${duration(Date.now() - asked)}`
    return { found: [{ check: 'redis', state: 'good', text }], answers: true }
  } catch (error) {
    if (!(error instanceof RevocationUnavailableError)) throw error
    const text = `${host} does not answer a look-up (${error.fault}), so that guards refuse`
    const finding: Finding = { check: 'redis', state: 'bad', text, advice: adviceSentence(error.fault) }
    return { found: [finding], answers: error.fault !== 'network' && error.fault !== 'timeout' }
  }
}

async function writable(
  { host, command }: Database,
  { keyPrefix = KEY_PREFIX }: StoreOptions,
): Promise<Finding> {
  const key = `${keyPrefix}doctor-${crypto.randomUUID()}`
  try {
    await command(['SET', key, '1', 'PX', '10000'])
    const kept = await command(['GET', key])
    await command(['DEL', key])
    if (kept === '1') return { check: 'redis', state: 'good', text: `${host} can be written` }
    return {
      check: 'redis',
      state: 'bad',
      text: `${host} does not have a key that was just written`,
      advice: 'Use one that reads what it has written: no replica, and no cache before it.',
    }
  } catch (error) {
    const { text, advice } = redisFault(error)
    return {
      check: 'redis',
      state: 'bad',
      text: `${host} cannot be written: ${text}`,
      advice: `Guards only read; sync and revoke write. ${advice}`,
    }
  }
}

async function eviction({ host, command }: Database): Promise<Finding> {
  const policy = await command(['CONFIG', 'GET', 'maxmemory-policy']).then(
    (reply) => listIn(reply)[1],
    redisFault,
  )
  if (policy === 'noeviction')
    return { check: 'eviction', state: 'good', text: 'maxmemory-policy is noeviction' }
  const advice =
    'Set maxmemory-policy to noeviction (Upstash: turn eviction off): otherwise Redis may drop revocations.'
  if (typeof policy === 'string' && /^[a-z-]{1,30}$/.test(policy)) {
    return { check: 'eviction', state: 'bad', text: `maxmemory-policy is ${policy}`, advice }
  }
  const why = policy instanceof Object && 'text' in policy ? ` (${policy.text})` : ''
  return {
    check: 'eviction',
    state: 'note',
    text: `${host} does not say its maxmemory-policy${why}`,
    advice: `See in its console. ${advice}`,
  }
}
