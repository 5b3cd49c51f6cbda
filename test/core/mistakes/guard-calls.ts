// Mistakes in calls of the guard: arguments in the wrong order, what is not called or not created, the wrong function.

import { createMandateVerifier, type DecisionEvent, denialResponse, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { bearer } from '../support/requests.ts'
import { type NewcomersMistake, revocations, UPSTASH, untyped, VALID, VALUE } from './attempt.ts'

const handler = () => new Response()
const app = { fetch: handler }
const request = () => new Request('https://api.test/')

export const GUARD_CALL_MISTAKES: readonly NewcomersMistake[] = [
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
    title: 'verifier.authorizeToken: a request',
    make: () => untyped(createMandateVerifier(VALID)).authorizeToken(request()),
    says: ['A token needs authorizeToken, which takes a string'],
  },
  {
    title: 'verifier.authorizeToken: the promise of a token',
    make: () => untyped(createMandateVerifier(VALID)).authorizeToken(createTestIssuer().mint()),
    says: ['A token needs authorizeToken, which takes a string'],
  },
  ...['authorize', 'authorizeToken', 'require'].map((method) => ({
    title: `verifier.${method}: twice the requirements`,
    make: () => {
      const first = { authorize: [request()], authorizeToken: [VALUE] }[method] ?? []
      const verifier = untyped(createMandateVerifier(VALID))
      return verifier[method](...first, { requiredScopes: ['read'] }, { requireAgent: true })
    },
    says: ['requirements must be one object, with everything that is required in it'],
  })),
  {
    title: 'authority.meets: twice the requirements',
    make: async () => {
      const issuer = createTestIssuer()
      const requirements = { requiredScopes: [] }
      const guarded = withCaracal((_, { authority }) => {
        authority.meets(requirements)
        untyped(authority).meets(requirements, { requireAgent: true })
        return new Response()
      }, issuer.options)
      await guarded(bearer(await issuer.mint()))
    },
    says: ['requirements must be one object, with everything that is required in it'],
  },
  {
    title: 'denialResponse: a promise',
    make: () => untyped(denialResponse)(createMandateVerifier(VALID).authorize(request())),
    says: ["takes a decision whose outcome is 'deny', not a promise: await it first"],
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
