// Mistakes of newcomers that must be errors of the compiler: the wrong order, what is not called, the wrong function.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { Hono } from 'hono'
import type { Env, ExportedHandler } from './support/platforms.ts'

const revocations = new InMemoryRevocationStore()
const handler = () => new Response()

// @ts-expect-error the handler comes first
withCaracal({ revocations }, handler)
// @ts-expect-error the app comes first
guardFetch({ revocations }, { fetch: handler })
// @ts-expect-error an instance, not the class
guardFetch(Hono, { revocations })
// @ts-expect-error a guarded handler is not an app
guardFetch(withCaracal(handler, { revocations }), { revocations })
// @ts-expect-error caracal has to be called
new Hono().use(caracal)
// @ts-expect-error requireMandate has to be called
new Hono().get('/', requireMandate)
// @ts-expect-error withCaracal has to be called
export const uncalled: ExportedHandler<Env> = { fetch: withCaracal }
// @ts-expect-error fromEnv has to be called
guardFetch({ fetch: handler }, { revocations: UpstashRevocationStore.fromEnv })
// @ts-expect-error the path belongs to the app
caracal('/admin/*', { revocations })
// @ts-expect-error a store is not the options
caracal(revocations)
// @ts-expect-error a store is not the options
withCaracal(handler, revocations)
// @ts-expect-error a handler is not an options function
caracal(() => new Response())
// @ts-expect-error the promise of options
withCaracal(handler, Promise.resolve({ revocations }))
// @ts-expect-error a scope is not the requirements
requireMandate('admin')
// @ts-expect-error an environment is an object
UpstashRevocationStore.fromEnv('https://redis.test')
// @ts-expect-error options are needed
new UpstashRevocationStore()
// @ts-expect-error a client of Redis is not a store
guardFetch({ fetch: handler }, { revocations: { get: async () => '1' } })
// @ts-expect-error a client of Redis is not a function that sends commands
new RedisRevocationStore({ command: { call: async () => '1' } })
// @ts-expect-error the environment goes under env
syncRevocations({ STREAMS_HMAC_KEY: 'ab' })
