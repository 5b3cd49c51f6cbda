// The options of the guard that is to explain: from a module, or from the environment.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CaracalConfigError, type CaracalOptions, InMemoryRevocationStore } from 'caracal-edge'
import { namedDatabase } from '../database.ts'
import { UsageError } from '../failures.ts'
import { say } from '../output.ts'

interface ConfigModule {
  readonly default?: CaracalOptions | ((environment: NodeJS.ProcessEnv) => CaracalOptions)
}

const ADVICE = 'export default { revocations, … }, the options of the guard, or a function of the environment'

/**
 * The guard that takes them checks them.
 * @throws {UsageError | CaracalConfigError} if the module has none
 */
export async function optionsFrom(file: string): Promise<CaracalOptions> {
  try {
    const module: ConfigModule = await import(pathToFileURL(resolve(file)).href)
    const given = module.default
    if (given === undefined) throw new UsageError(`--config: ${file} has no default export: ${ADVICE}`)
    return typeof given === 'function' ? await given(process.env) : given
  } catch (error) {
    if (error instanceof UsageError || error instanceof CaracalConfigError) throw error
    // What it says may quote a secret of the module.
    const name = error instanceof Error ? error.name : typeof error
    throw new UsageError(`--config: ${file} cannot be loaded (${name}). To see why, run it: node ${file}`)
  }
}

export function optionsOfEnvironment(): CaracalOptions {
  const database = namedDatabase()
  if (database !== undefined) return { revocations: database.storeWith(undefined) }
  say('no Redis is named: no revocation is known. Set UPSTASH_REDIS_REST_URL, or REDIS_URL')
  return { revocations: new InMemoryRevocationStore() }
}
