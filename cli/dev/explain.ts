// Explains a mandate for the page: by a guard as a service with the variables of `dev` has it.

import { CaracalConfigError } from 'caracal-edge'
import { explained } from '../explain/asked.ts'
import { headline } from '../explain/told.ts'
import { UsageError } from '../failures.ts'
import { asRecord, Refused } from './requests.ts'
import type { Zones } from './zones.ts'

/** What `dev` sets itself: nothing that a page says leads it to another server. */
const OWN = ['issuer', 'keySet', 'revocations'] as const

/** @throws {Refused} for mistakes in what is asked, with what is wrong */
export async function explainAt(zones: Zones, body: Readonly<Record<string, unknown>>) {
  const { token, zone, path, method, requirements } = body
  const required = requirements === undefined ? undefined : asRecord(requirements, 'requirements')
  // By themselves, the requirements are those of the guard: then each has one check.
  const options = body.options === undefined ? { ...required } : asRecord(body.options, 'options')
  for (const name of OWN) {
    if (Object.hasOwn(options, name)) throw new Refused(400, `options: ${name} is set by dev, leave it out`)
  }
  const given = { ...zones.guardOptions(zone), ...options }
  const asked = {
    text: textOf(token, 'token') ?? '',
    path: textOf(path, 'path'),
    method: textOf(method, 'method'),
    requirements: body.options === undefined ? undefined : required,
  }
  const answer = await explained(given, asked).catch((error: unknown) => {
    if (error instanceof CaracalConfigError) throw new Refused(400, error.issues.join('. '))
    throw error instanceof UsageError ? new Refused(400, error.message) : error
  })
  return { ...answer, headline: headline(answer.decision) }
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new Refused(400, `${name} must be a string`)
}
