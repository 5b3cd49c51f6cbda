// Variables of the module's environment that `withEnv` of `cloudflare:workers` changes for a while.

import * as workers from 'cloudflare:workers'
import { withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

type WithEnv = <T>(env: object, run: () => T) => T
const withEnv = Reflect.get(workers, 'withEnv') as WithEnv

const issuer = createTestIssuer()
const { audience, ...others } = issuer.options
const token = await issuer.mint()

/** The environment of the tenant for whom the token is. */
const OURS = { CARACAL_AUDIENCE: audience }
const THEIRS = { CARACAL_AUDIENCE: 'resource://another-tenant' }

const handler = () => new Response('reached')
const app = { fetch: handler }
type Handle = (request: Request) => Response | Promise<Response>

const WAYS: readonly { readonly way: string; readonly guarded: () => Handle }[] = [
  { way: 'withCaracal and an object', guarded: () => withCaracal(handler, others) },
  { way: 'withCaracal and a function', guarded: () => withCaracal(handler, () => others) },
  { way: 'guardFetch', guarded: () => guardFetch(app, others).fetch },
  {
    way: 'caracal()',
    guarded: () => {
      const hono = new Hono().use(caracal(others)).get('/x', handler)
      return (request) => hono.fetch(request)
    },
  },
]

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
})
afterEach(() => {
  vi.restoreAllMocks()
})

const statusIn = (env: object, guarded: Handle) =>
  withEnv(env, async () => (await guarded(bearer(token))).status)

describe.each(WAYS)('with $way', ({ guarded }) => {
  it('a request is decided by the variables that it finds', async () => {
    const handle = withEnv(OURS, guarded)
    for (const [env, status] of [
      [OURS, 200],
      [THEIRS, 401],
      [{ ...OURS }, 200],
      [{ ...THEIRS }, 401],
    ] as const) {
      expect(await statusIn(env, handle)).toBe(status)
    }
  })

  it('a variable that is missing for one request is not missing for another', async () => {
    const handle = withEnv(OURS, guarded)
    expect(await statusIn(OURS, handle)).toBe(200)
    expect(await statusIn({}, handle)).toBe(500)
    expect(await statusIn(OURS, handle)).toBe(200)
  })
})

it('an options function may build another guard before its own', async () => {
  const handle = withEnv(OURS, () =>
    withCaracal(handler, () => {
      withCaracal(handler, others)
      return others
    }),
  )
  expect([await statusIn(OURS, handle), await statusIn(THEIRS, handle)]).toEqual([200, 401])
})

it('the same bindings come with other variables of the module', async () => {
  const bindings = {}
  const handle = withEnv(OURS, () => withCaracal<[object]>(handler, others))
  const statusOf = (env: object) => withEnv(env, async () => (await handle(bearer(token), bindings)).status)
  expect([await statusOf(OURS), await statusOf(THEIRS), await statusOf(OURS)]).toEqual([200, 401, 200])
})
