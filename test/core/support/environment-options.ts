// Options that a function reads from an environment, and how often it is called.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { expect, vi } from 'vitest'
import { bearer } from './requests.ts'

export type Fetch = (request: Request, ...platform: readonly unknown[]) => Promise<Response> | Response
/** Its parameters are whatever a platform passes. */
export type Options = (...platform: never[]) => CaracalOptions

export const issuer = createTestIssuer()
export const token = await issuer.mint()

/** An options function that reads something first. */
export function reads<Platform extends readonly unknown[]>(read: (...platform: Platform) => unknown) {
  return (...platform: Platform): CaracalOptions => {
    read(...platform)
    return issuer.options
  }
}

/** Guards by this function, sends a request with each environment, and says how often the function was called. */
export async function callsFor(
  options: Options,
  platforms: readonly (readonly unknown[])[],
): Promise<number> {
  const counted = vi.fn(options as (...platform: readonly unknown[]) => CaracalOptions)
  const guarded = withCaracal(
    () => new Response('ok'),
    (...platform: unknown[]) => counted(...platform),
  ) as Fetch
  for (const platform of platforms) expect((await guarded(bearer(token), ...platform)).status).toBe(200)
  return counted.mock.calls.length
}

/** As objects have it themselves. */
export function oldHasOwn(object: object, name: string): unknown {
  return Reflect.apply(Reflect.get(object, 'hasOwnProperty') as () => boolean, object, [name])
}
