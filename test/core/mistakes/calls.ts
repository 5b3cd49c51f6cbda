// Mistakes in calls: arguments in the wrong order, what is not called or not created, the wrong function.

import {
  createMandateVerifier,
  type DecisionEvent,
  denialResponse,
  InMemoryRevocationStore,
  withCaracal,
} from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { RedisRevocationStore } from 'caracal-edge/redis'
import { createTestIssuer } from 'caracal-edge/testing'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { Hono } from 'hono'
import { bearer } from '../support/requests.ts'
import { type NewcomersMistake, revocations, untyped, VALID, VALUE } from './attempt.ts'

const handler = () => new Response()
const app = { fetch: handler }
const request = () => new Request('https://api.test/')
const UPSTASH = { UPSTASH_REDIS_REST_URL: 'https://hunter2.test', UPSTASH_REDIS_REST_TOKEN: VALUE }

/** What a Hono app says when a request comes. */
async function served(hono: Hono): Promise<string> {
  let message = ''
  hono.onError((error, c) => {
    message = error.message
    return c.text('', 500)
  })
  const response = await hono.fetch(request())
  return `${response.status} ${message}`
}

export const CALL_MISTAKES: readonly NewcomersMistake[] = [
  {
    title: 'withCaracal: options first',
    make: () => untyped(withCaracal)(VALID, handler),
    says: ['must be the handler, a function: it comes before the options, withCaracal(handler, options)'],
  },
  {
    title: 'withCaracal: an app in place of a handler',
    make: () => untyped(withCaracal)(app, VALID),
    says: ['for an object with a fetch method, use guardFetch'],
  },
  {
    title: 'withCaracal: an app of a framework',
    make: () => untyped(withCaracal)(new Hono(), VALID),
    says: ['for an object with a fetch method, use guardFetch'],
  },
  {
    title: 'withCaracal: the result of the handler',
    make: () => untyped(withCaracal)(handler(), VALID),
    says: ['must be the handler, a function: it is a Response'],
  },
  {
    title: 'withCaracal: the promise of a handler',
    make: () => untyped(withCaracal)(Promise.resolve(handler), VALID),
    says: ['must be the handler, a function: it is a promise, so await it first'],
  },
  {
    title: 'withCaracal: no handler',
    make: () => untyped(withCaracal)(undefined, VALID),
    says: ['must be the handler, a function: it is undefined'],
  },
  {
    title: 'withCaracal: itself as the fetch of a module',
    make: () => untyped(withCaracal)(request(), {}, {}),
    says: ['it is a request, so withCaracal itself was exported', 'Call it, and export what it returns'],
  },
  {
    title: 'withCaracal: a class in place of a handler',
    make: () => untyped(withCaracal)(class App {}, VALID),
    says: ['must be the handler, a function: it is a class'],
  },
  {
    title: 'withCaracal: a store in place of the options',
    make: () => untyped(withCaracal)(handler, revocations),
    says: ['a store is not the options: write { revocations: store }'],
  },
  {
    title: 'withCaracal: the options alone',
    make: () => untyped(withCaracal)(VALID),
    says: ['must be the handler, a function: it is the options, which come second'],
  },
  {
    title: 'withCaracal: a test issuer in place of the options',
    make: () => untyped(withCaracal)(handler, createTestIssuer()),
    says: ['a test issuer is not the options: pass its options, issuer.options'],
  },
  {
    title: 'options: a function from the function',
    make: () =>
      withCaracal(
        handler,
        untyped(() => () => VALID),
      )(request()),
    says: ['the options are a function that was not called: call it'],
  },
  {
    title: 'verifier.authorizeToken: a whole header',
    make: async () => {
      let explanation = ''
      const onDecision = (event: DecisionEvent) => {
        if (event.outcome === 'deny') explanation = event.explanation
      }
      await createMandateVerifier({ ...VALID, onDecision }).authorizeToken(`Bearer ${VALUE}`)
      return explanation
    },
    says: ['the mandate alone, without "Bearer" before it?'],
  },
  {
    title: 'withCaracal: the promise of options',
    make: () => untyped(withCaracal)(handler, Promise.resolve(VALID)),
    says: ['the options must be an object, not a promise: await it first'],
  },
  {
    title: 'withCaracal: scopes in place of the options',
    make: () => untyped(withCaracal)(handler, [VALUE]),
    says: ["the options must be an object, not a list: for scopes, write { requiredScopes: ['…'] }"],
  },
  {
    title: 'withCaracal: the environment in place of the options',
    make: () => untyped(withCaracal)(handler, UPSTASH),
    says: [
      '"UPSTASH_REDIS_REST_URL" is the name of a variable, not of an option',
      'The options are audience',
    ],
  },
  {
    title: 'guardFetch: options first',
    make: () => untyped(guardFetch)(VALID, app),
    says: ['an object with a fetch method: it comes before the options, guardFetch(app, options)'],
  },
  {
    title: 'guardFetch: a handler in place of an app',
    make: () => untyped(guardFetch)(handler, VALID),
    says: ['an object with a fetch method: it is a function. For a handler function, use withCaracal'],
  },
  {
    title: 'guardFetch: a guarded handler in place of an app',
    make: () => untyped(guardFetch)(withCaracal(handler, VALID), VALID),
    says: ['it is a function. For a handler function, use withCaracal'],
  },
  {
    title: 'guardFetch: a class in place of an app',
    make: () => untyped(guardFetch)(Hono, VALID),
    says: [/it is a (class, so create an instance with new|function)/],
  },
  {
    title: 'guardFetch: no options',
    make: () => untyped(guardFetch)(app),
    says: ['the second argument must be the options, guardFetch(app, options)'],
  },
  {
    title: 'guardFetch: itself as the fetch of a module',
    make: () => untyped(guardFetch)(request(), {}),
    says: ['it is a request, so guardFetch itself was exported'],
  },
  {
    title: 'guardFetch: a copy of an app',
    make: () => guardFetch({ ...new Hono(), fetch: handler }, VALID),
    says: ["as a copy of a framework's app", 'Pass the app itself'],
  },
  {
    title: 'guardFetch: an app with the routes of Bun',
    make: () => guardFetch({ fetch: handler, ...{ routes: { '/': handler } } }, VALID),
    says: ['Bun serves the routes of an app without calling its fetch: wrap each handler in withCaracal'],
  },
  {
    title: 'caracal: not called',
    make: () => served(new Hono().use(untyped(caracal))),
    says: ['500', 'caracal is passed to the app without being called: write app.use(caracal())'],
  },
  {
    title: 'requireMandate: not called',
    make: () => served(new Hono().use(untyped(requireMandate))),
    says: [
      '500',
      'requireMandate is passed to the app without being called',
      'requireMandate({ requiredScopes',
    ],
  },
  {
    title: 'caracal: with the path',
    make: () => untyped(caracal)('/admin/*', VALID),
    says: ["a path is not the options: pass it to the app, app.use('/path/*', caracal(options))"],
  },
  {
    title: 'caracal: a store in place of the options',
    make: () => untyped(caracal)(revocations),
    says: ['a store is not the options: write { revocations: store }'],
  },
  {
    title: 'caracal: a handler in place of the options',
    make: async () => served(new Hono().use(untyped(caracal)(() => new Response()))),
    says: ['a Response is not the options: has a handler been given'],
  },
  {
    title: 'caracal: an undefined variable',
    make: () => untyped(caracal)(undefined),
    says: ['the options must be an object, not undefined'],
  },
  {
    title: 'caracal: an empty environment',
    make: () => caracal(),
    says: [
      'audience is missing: give the option, or set CARACAL_AUDIENCE',
      'revocations is missing, and UPSTASH_REDIS_REST_URL is not set (or give a store as revocations)',
    ],
  },
  {
    title: 'requireMandate: before caracal()',
    make: async () => {
      await served(new Hono().use(requireMandate({ requireAgent: true })))
    },
    says: ['requireMandate found no verified mandate: put app.use(caracal()) before it'],
  },
  {
    title: 'requireMandate: a scope',
    make: () => untyped(requireMandate)(VALUE),
    says: ["requirements must be an object, not a string: for scopes, write { requiredScopes: ['…'] }"],
  },
  {
    title: 'requireMandate: nothing',
    make: () => untyped(requireMandate)(),
    says: ['requirements must be an object, not undefined'],
  },
  {
    title: 'requireMandate: an option of the guard',
    make: () => untyped(requireMandate)({ audience: VALUE }),
    says: ['Unknown option "audience" in requirements. The options are requiredUse'],
  },
  {
    title: 'createMandateVerifier: a function',
    make: () => untyped(createMandateVerifier)(() => VALID),
    says: ['a verifier takes the options themselves, not a function: call it before'],
  },
  {
    title: 'verifier.authorize: a token',
    make: () => untyped(createMandateVerifier(VALID)).authorize(VALUE),
    says: ['was it given a web-standard Request? A token needs authorizeToken'],
  },
  {
    title: 'verifier.require: undefined',
    make: () => untyped(createMandateVerifier(VALID)).require(undefined),
    says: ['requirements must be an object, not undefined'],
  },
  {
    title: 'denialResponse: an admission',
    make: () => untyped(denialResponse)({ outcome: 'admit' }),
    says: ["takes a decision whose outcome is 'deny'"],
  },
  {
    title: 'options: a promise from the function',
    make: async () => {
      await untyped(withCaracal)(handler, async () => VALID)(request())
    },
    says: ['the options function returned a promise: await before, and return the options themselves'],
  },
  {
    title: 'options: nothing from the function',
    make: async () => {
      await untyped(withCaracal)(handler, () => {})(request())
    },
    says: ['the options function returned undefined: write return, or parentheses, () => ({ … })'],
  },
  {
    title: 'options: an error in the function',
    make: async () => {
      await untyped(withCaracal)(handler, (env: { DB: { url: string } }) => ({ audience: env.DB.url }))(
        request(),
        {},
      )
    },
    says: ['the options function threw TypeError:'],
  },
  {
    title: 'the request of a Node server',
    make: async () => {
      const request = { url: '/', method: 'GET', headers: { host: 'api.test' } }
      await untyped(withCaracal(handler, VALID))(request)
    },
    says: ['a request of a Node server', '@hono/node-server'],
  },
  {
    title: 'a store with an option of another name',
    make: () => new InMemoryRevocationStore(untyped({ ttl: 3_600_000 })),
    says: ['Unknown option "ttl". Did you mean "defaultTtlMs"?'],
  },
  {
    title: 'a store that forgets in seconds',
    make: () => new InMemoryRevocationStore({ defaultTtlMs: 900 }),
    says: ['defaultTtlMs', 'milliseconds, not seconds', '900000'],
  },
  {
    title: 'markRevoked: a whole mandate',
    make: async () => revocations.markRevoked(await createTestIssuer().mint()),
    says: ['anchorId is a whole mandate', 'pass its sid'],
  },
  {
    title: 'markRevoked: a time as text',
    make: () => revocations.markRevoked('sid', untyped('1h')),
    says: ['ttlMs must be a whole number of milliseconds'],
  },
  {
    title: 'Upstash: the address of Redis itself',
    make: () =>
      new UpstashRevocationStore({ url: `rediss://default:${VALUE}@eu1.upstash.io:6379`, token: VALUE }),
    says: [
      'url must begin with https://',
      'rediss:// are for clients over TCP',
      'REST URL',
      'RedisRevocationStore',
    ],
  },
  {
    title: 'Upstash: REDIS_URL as the variable',
    make: () => UpstashRevocationStore.fromEnv({ ...UPSTASH, UPSTASH_REDIS_REST_URL: `redis://${VALUE}` }),
    says: ['UPSTASH_REDIS_REST_URL must begin with https://', 'REST URL'],
  },
  {
    title: 'Upstash: the environment in the constructor',
    make: () => new UpstashRevocationStore(untyped(UPSTASH)),
    says: [
      '"UPSTASH_REDIS_REST_URL" is the name of a variable',
      'url is missing: set the option, or use fromEnv()',
    ],
  },
  {
    title: 'Upstash: options in fromEnv',
    make: () => UpstashRevocationStore.fromEnv({ url: 'https://hunter2.test', token: VALUE }),
    says: ['fromEnv was given url and token', 'new UpstashRevocationStore({ url, token })'],
  },
  {
    title: 'Upstash: text in fromEnv',
    make: () => UpstashRevocationStore.fromEnv(untyped('https://hunter2.test')),
    says: ['fromEnv must be given the environment, an object, not a string'],
  },
  {
    title: 'Upstash: an empty environment',
    make: () => UpstashRevocationStore.fromEnv({}),
    says: ['UPSTASH_REDIS_REST_URL is not set', 'UPSTASH_REDIS_REST_TOKEN is not set'],
  },
  {
    title: 'Upstash: a token of the Secrets Store',
    make: () =>
      UpstashRevocationStore.fromEnv({ ...UPSTASH, UPSTASH_REDIS_REST_TOKEN: { get: async () => VALUE } }),
    says: ['UPSTASH_REDIS_REST_TOKEN must be a string', 'Secrets Store (await its get()'],
  },
  {
    title: 'Redis: a client in place of a function',
    make: () => new RedisRevocationStore(untyped({ command: {} })),
    says: ['command must be a function, not an object'],
  },
  {
    title: 'Redis: a client in place of the options',
    make: () => new RedisRevocationStore(untyped(new (class Redis {})())),
    says: ['the options must be an object, not an instance of a class Redis'],
  },
  {
    title: 'syncRevocations: the environment itself',
    make: () => syncRevocations(untyped({ ...UPSTASH, STREAMS_HMAC_KEY: 'ab'.repeat(32) })),
    says: ['is the name of a variable, not of an option. Pass the environment as the option env'],
  },
  {
    title: 'syncRevocations: no stream key',
    make: () => syncRevocations({ env: UPSTASH }),
    says: ['STREAMS_HMAC_KEY is not set', 'the option hmacKey', "or set unsignedStreams: 'accept'"],
  },
  {
    title: 'syncRevocations: a stream key in base64',
    make: () => syncRevocations({ env: UPSTASH, hmacKey: 'aHVudGVyMg==' }),
    says: ['hmacKey must be 32 bytes or more in hexadecimal'],
  },
  {
    title: 'syncRevocations: the name of the key',
    make: () => syncRevocations(untyped({ env: UPSTASH, secret: VALUE })),
    says: ['Unknown option "secret". Did you mean "hmacKey"?'],
  },
  {
    title: 'mint: a claim among the departures',
    make: () => createTestIssuer().mint(untyped({ sub: VALUE })),
    says: ['Unknown option "sub" in mint', 'Claims go under claims: mint({ claims: {'],
  },
  {
    title: 'createTestIssuer: another name',
    make: () => createTestIssuer(untyped({ zone_id: VALUE })),
    says: ['Did you mean "zoneId"?'],
  },
  {
    title: 'revoke: an id in place of a mandate',
    make: () => createTestIssuer().revoke(VALUE),
    says: ['revoke takes a whole mandate with a sid', 'revocations.markRevoked(id)'],
  },
  {
    title: 'a mandate of another zone',
    make: async () => {
      const [one, other] = [createTestIssuer(), createTestIssuer()]
      const events: string[] = []
      const guarded = withCaracal(handler, {
        ...one.options,
        onDecision: (event) => events.push(event.outcome === 'deny' ? event.explanation : event.outcome),
      })
      await guarded(bearer(await other.mint()))
      return events.join()
    },
    says: ['does it come from another zone or STS than the configured one?'],
  },
]
