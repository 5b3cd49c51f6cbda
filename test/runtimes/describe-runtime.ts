// Runs the shared suite in one runtime, started once. One that cannot be had is skipped by name; in CI that fails.

import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { describeRedis } from '../redis/support.ts'
import { Deployment } from './deployment.ts'
import type { Runtime } from './runtime.ts'
import { admission } from './suite/admission.ts'
import { concurrency } from './suite/concurrency.ts'
import { denials } from './suite/denials.ts'
import { environment } from './suite/environment.ts'
import { firstRequests } from './suite/first-requests.ts'
import { live } from './suite/live.ts'
import { outages } from './suite/outages.ts'
import { paths } from './suite/paths.ts'
import { websockets } from './suite/websockets.ts'

const START_LIMIT_MS = 180_000

/** @param more cases of this runtime alone */
export function describeRuntime(runtime: Runtime, more: (at: Deployment) => void = () => {}): void {
  if (runtime.missing !== undefined) {
    skip(runtime.name, runtime.missing)
    return
  }
  describeRedis(runtime.name, (redis) => {
    const at = new Deployment(runtime, redis)
    beforeAll(() => at.start(), START_LIMIT_MS)
    afterAll(() => at.stop())
    beforeEach(() => at.issuer.be('serve'))
    // First, as the name says: before them, nothing has been fetched.
    firstRequests(at)
    admission(at)
    denials(at)
    paths(at)
    concurrency(at)
    outages(at)
    environment(at)
    websockets(at)
    live(at)
    more(at)
  })
}

/** Says why a runtime is left out. In CI, none may be. */
export function skip(name: string, reason: string): void {
  if (process.env.CI) throw new Error(`${name} cannot be tested: ${reason}`)
  process.stdout.write(`${name} is skipped: ${reason}.\n`)
  describe.skip(name, () => {
    test(reason, () => {})
  })
}
