// What other code adds to Object.prototype neither reads nor hides what is read of an environment.

import { withCaracal } from 'caracal-edge'
import { expect, it } from 'vitest'
import { type Fetch, issuer, token } from '../support/environment-options.ts'
import { polluted } from '../support/pollution.ts'
import { bearer } from '../support/requests.ts'

const { audience: _, ...others } = issuer.options

it('takes no trap from Object.prototype, so that nobody reads or hides what is read', async () => {
  class Platform {
    readonly #tenant: string
    constructor(tenant: string) {
      this.#tenant = tenant
    }
    get audience() {
      return `resource://${this.#tenant}`
    }
    nameOf() {
      return this.#tenant
    }
  }
  const isKept = (env: object) =>
    Reflect.defineProperty(env, 'kept', { value: true }) && Object.hasOwn(env, 'kept')
  const traps = {
    apply: () => 'api',
    has: () => true,
    ownKeys: () => [],
    defineProperty: () => true,
    deleteProperty: () => true,
    getOwnPropertyDescriptor: () => undefined,
    getPrototypeOf: () => null,
    isExtensible: () => true,
  }
  const guarded = withCaracal(
    () => new Response(),
    (env: Platform) => ({
      ...others,
      audience: 'none' in env ? 'resource://api' : env.audience,
      requiredScopes:
        isKept(env) && env.nameOf instanceof Function && env.nameOf() === 'api' ? [] : ['admin'],
    }),
  ) as Fetch
  const statuses = await polluted(traps, async () => {
    const all: number[] = []
    for (const tenant of ['api', 'other', 'api', 'other']) {
      all.push((await guarded(bearer(token), new Platform(tenant))).status)
    }
    return all.join()
  })
  expect(statuses).toBe('200,401,200,401')
})
