// Whether the Redis can be read and written, and keeps what it is told.

import { RevocationUnavailableError } from 'caracal-edge'
import type { Database } from '../database.ts'
import { adviceSentence } from '../fault-advice.ts'
import { redisFault } from '../redis-fault.ts'
import { KEY_PREFIX, listIn } from '../streams.ts'
import { variable } from '../variables.ts'
import { bad, duration, type Finding, good, note } from './finding.ts'

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
    return { found: [good('redis', text)], answers: true }
  } catch (error) {
    if (!(error instanceof RevocationUnavailableError)) throw error
    const text = `${host} does not answer a look-up (${error.fault}), so that guards refuse`
    const found = [bad('redis', text, adviceSentence(error.fault))]
    return { found, answers: error.fault !== 'network' && error.fault !== 'timeout' }
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
    if (kept === '1') return good('redis', `${host} can be written`)
    const advice = 'Use one that reads what it has written: no replica, and no cache before it.'
    return bad('redis', `${host} does not have a key that was just written`, advice)
  } catch (error) {
    const { text, advice } = redisFault(error)
    return bad(
      'redis',
      `${host} cannot be written: ${text}`,
      `Guards only read; sync and revoke write. ${advice}`,
    )
  }
}

async function eviction({ host, command }: Database): Promise<Finding> {
  const policy = await command(['CONFIG', 'GET', 'maxmemory-policy']).then(
    (reply) => listIn(reply)[1],
    redisFault,
  )
  if (policy === 'noeviction') return good('eviction', 'maxmemory-policy is noeviction')
  const advice =
    'Set maxmemory-policy to noeviction (Upstash: turn eviction off): otherwise Redis may drop revocations.'
  if (typeof policy === 'string' && /^[a-z-]{1,30}$/.test(policy))
    return bad('eviction', `maxmemory-policy is ${policy}`, advice)
  const why = policy instanceof Object && 'text' in policy ? ` (${policy.text})` : ''
  return note('eviction', `${host} does not say its maxmemory-policy${why}`, `See in its console. ${advice}`)
}
