// Whether the Redis can be read and written, and keeps what it is told.

import { RevocationUnavailableError } from 'caracal-edge'
import type { Database } from '../database.ts'
import { adviceFor } from '../fault-advice.ts'
import { KEY_PREFIX, listIn } from '../streams.ts'
import { duration, type Finding } from './finding.ts'

interface StoreOptions {
  readonly keyPrefix?: string
  readonly write?: true
}

export async function checkStore(database: Database, options: StoreOptions): Promise<readonly Finding[]> {
  const read = await readable(database, options)
  if (read.state === 'bad') return [read]
  return [read, ...(options.write ? [await writable(database, options)] : []), await eviction(database)]
}

async function readable({ host, storeWith }: Database, { keyPrefix }: StoreOptions): Promise<Finding> {
  const asked = Date.now()
  try {
    await storeWith(keyPrefix).lookup({
      anchors: [crypto.randomUUID()],
      zoneId: 'doctor',
    })
    return {
      check: 'redis',
      state: 'good',
      text: `${host} answers a look-up in ${duration(Date.now() - asked)}`,
    }
  } catch (error) {
    if (!(error instanceof RevocationUnavailableError)) throw error
    return {
      check: 'redis',
      state: 'bad',
      text: `${host} does not answer a look-up (${error.fault})`,
      advice: capital(adviceFor(error.fault)),
    }
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
  } catch {
    // Said below.
  }
  return {
    check: 'redis',
    state: 'bad',
    text: `${host} cannot be written`,
    advice:
      'Guards need to read only; sync and revoke need a token or a user that may write, and no read-only replica.',
  }
}

async function eviction({ host, command }: Database): Promise<Finding> {
  const [, policy] = listIn(await command(['CONFIG', 'GET', 'maxmemory-policy']).catch(() => undefined))
  if (policy === 'noeviction')
    return { check: 'eviction', state: 'good', text: 'maxmemory-policy is noeviction' }
  const advice =
    'Set maxmemory-policy to noeviction (Upstash: turn eviction off): otherwise Redis may drop revocations.'
  if (typeof policy === 'string' && /^[a-z-]{1,30}$/.test(policy)) {
    return { check: 'eviction', state: 'bad', text: `maxmemory-policy is ${policy}`, advice }
  }
  return {
    check: 'eviction',
    state: 'note',
    text: `${host} does not say its maxmemory-policy`,
    advice: `See in its console. ${advice}`,
  }
}

const capital = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
