// One mistake of somebody who uses the package for the first time, and what the package says about it.

import { type CaracalOptions, InMemoryRevocationStore } from 'caracal-edge'
import { vi } from 'vitest'

export interface NewcomersMistake {
  readonly title: string
  /** Makes the mistake. What is thrown or logged is the message; so is a text that is returned. */
  readonly make: () => unknown
  /** The option or variable, the type that was given, and what to do instead. */
  readonly says: readonly (string | RegExp)[]
}

/** In every value that a mistake gives: no message may quote it. */
export const VALUE = 'hunter2'

export const revocations = new InMemoryRevocationStore()

/** Complete options. */
export const VALID = {
  audience: 'resource://billing-api',
  issuer: 'https://sts.test',
  expectedZoneId: 'zone-1',
  revocations,
} as const satisfies CaracalOptions

/** Everything that is said about a mistake: what was thrown, and what was logged. */
export async function messageOf(make: () => unknown): Promise<string> {
  const logs = (['error', 'warn'] as const).map((level) => vi.spyOn(console, level).mockReturnValue())
  const said: string[] = []
  try {
    const result = await make()
    if (typeof result === 'string') said.push(result)
  } catch (error) {
    said.push(error instanceof Error ? error.message : String(error))
  }
  said.push(...logs.flatMap(({ mock }) => mock.calls.map((call) => String(call[0]))))
  for (const log of logs) log.mockRestore()
  return said.join('\n')
}

/** As JavaScript would call it, without types. */
// biome-ignore lint/suspicious/noExplicitAny: the mistakes are those that a compiler would find
export const untyped = (value: unknown): any => value

/** Of a database that nobody has. */
export const UPSTASH = { UPSTASH_REDIS_REST_URL: 'https://hunter2.test', UPSTASH_REDIS_REST_TOKEN: VALUE }
