// The options of the guard that is to explain: from a module, or from the environment.

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CaracalConfigError, type CaracalOptions, InMemoryRevocationStore } from 'caracal-edge'
import { namedDatabase } from '../database.ts'
import { EXIT, kindOf, UsageError } from '../failures.ts'
import { say, sayError } from '../output.ts'
import { within } from '../within.ts'

const ADVICE = 'export default { revocations, … }, the options of the guard, or a function of the environment'

/** A module may connect to something first. */
const LOAD_LIMIT_MS = 10_000

/**
 * The guard that takes them checks them.
 * @throws {UsageError | CaracalConfigError} if the module has none
 */
export async function optionsFrom(file: string): Promise<CaracalOptions> {
  const late = () =>
    new UsageError(
      `--config: ${file} was not loaded within ${LOAD_LIMIT_MS / 1000} seconds. To see what it waits for, run it: node ${file}`,
    )
  return within(LOAD_LIMIT_MS, load(file), late).catch((error: unknown) => {
    if (error instanceof UsageError || error instanceof CaracalConfigError) throw error
    throw new UsageError(
      `--config: ${file} cannot be loaded (${kindOf(error)}). To see why, run it: node ${file}`,
    )
  })
}

async function load(file: string): Promise<CaracalOptions> {
  const module: { readonly default?: unknown } = await import(pathToFileURL(resolve(file)).href)
  if (!Object.hasOwn(module, 'default'))
    throw new UsageError(`--config: ${file} has no default export: ${ADVICE}`)
  const exported = module.default
  const given: unknown = typeof exported === 'function' ? await exported(process.env) : exported
  if (isObject(given)) return given
  const what = typeof exported === 'function' ? 'what the function gives' : 'the default export'
  const kind = given === null ? 'null' : Array.isArray(given) ? 'a list' : typeof given
  throw new UsageError(`--config: ${what} of ${file} is ${kind}: ${ADVICE}`)
}

/** No more than that: the guard says what is wrong in it. */
function isObject(value: unknown): value is CaracalOptions {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * A module can end the process, or let it end by a promise that never settles, and Node.js would end with its code. What
 * it has started can fail at any time.
 */
export async function besideModule<T>(file: string, work: () => Promise<T>): Promise<T> {
  const onExit = () => {
    process.exitCode = EXIT.usage
    sayError(
      `--config: ${file} ended the process before anything was explained, or waits for what never comes. To see it, run it: node ${file}`,
    )
  }
  process.on('exit', onExit)
  process.prependListener('uncaughtException', (error) => {
    process.off('exit', onExit)
    sayError(`--config: something in ${file} failed (${kindOf(error)}). To see why, run it: node ${file}`)
    process.exit(EXIT.usage)
  })
  return work().finally(() => process.off('exit', onExit))
}

export function optionsOfEnvironment(): CaracalOptions {
  const database = namedDatabase()
  if (database !== undefined) return { revocations: database.storeWith(undefined) }
  say('no Redis is named: no revocation is known. Set UPSTASH_REDIS_REST_URL, or REDIS_URL')
  return { revocations: new InMemoryRevocationStore() }
}
