// Whether the variables would do for a guard: the guard itself says what is wrong with them.

import { CaracalConfigError, createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { UsageError } from '../failures.ts'
import { placeOf } from '../redis-url.ts'
import { isStreamKey } from '../streams.ts'
import { UPSTASH_VARIABLES, variable } from '../variables.ts'
import { fileOf } from '../vars-file.ts'
import { bad, type Finding, good, note } from './finding.ts'

export function checkEnvironment(): readonly Finding[] {
  return [...guardVariables(), ...redisVariables(), ...streamKey()]
}

function guardVariables(): readonly Finding[] {
  const problems = problemsOf(() => createMandateVerifier({ revocations: new InMemoryRevocationStore() }))
  if (problems === undefined) {
    const names = ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE']
    const texts = names.map((name) => `${name} ${variable(name)}${fromFile(name)}`)
    return [good('environment', texts.join(', '))]
  }
  const advice = 'Set the variables, or name a file with --vars. A guard may also be given these as options.'
  return [bad('environment', problems, advice)]
}

/** Where it comes from, if that is a file. */
function fromFile(name: string): string {
  const file = fileOf(name)
  return file === undefined ? '' : ` (of ${file})`
}

function redisVariables(): readonly Finding[] {
  const isUpstash = UPSTASH_VARIABLES.flat().some((name) => variable(name) !== undefined)
  const url = variable('REDIS_URL')
  if (!isUpstash && url === undefined) {
    const advice =
      'Where several processes or isolates are to know a revocation, set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or REDIS_URL.'
    return [note('redis', 'no variable names a Redis', advice)]
  }
  const problems = problemsOf(() => (isUpstash ? UpstashRevocationStore.fromEnv() : placeOf(url ?? '')))
  if (problems !== undefined) return [bad('redis', problems, 'Correct the variable.')]
  if (!isUpstash || url === undefined) return []
  return [note('redis', 'REDIS_URL is set too, and not used: the variables of Upstash take precedence')]
}

function streamKey(): readonly Finding[] {
  const key = variable('STREAMS_HMAC_KEY')
  if (key === undefined) return [note('stream', 'STREAMS_HMAC_KEY is not set', 'Whoever runs sync needs it.')]
  const keys = key.split(',').map((one) => one.trim())
  if (keys.length <= 2 && keys.every(isStreamKey)) return []
  const text = 'STREAMS_HMAC_KEY must be 32 bytes or more in hexadecimal, or two such keys with a comma'
  return [bad('stream', text, "Set it to the platform's stream key.")]
}

/** The messages name variables and never quote them. */
function problemsOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues.join('; ')
    if (error instanceof UsageError) return error.message
    throw error
  }
}
