// Mistakes in calls of Hono's middleware: what is not called, and what is passed in place of options or requirements.

import { withCaracal } from 'caracal-edge'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { Hono } from 'hono'
import { type NewcomersMistake, revocations, untyped, VALID, VALUE } from './attempt.ts'

/** What a Hono app says when a request comes. */
async function served(hono: Hono): Promise<string> {
  let message = ''
  hono.onError((error, c) => {
    message = error.message
    return c.text('', 500)
  })
  const response = await hono.request('/')
  return `${response.status} ${message}`
}

export const HONO_CALL_MISTAKES: readonly NewcomersMistake[] = [
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
      'revocations is missing, and UPSTASH_REDIS_REST_URL is not set: set it to what the database shows as its REST API (or give a store as revocations)',
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
    title: 'requireMandate: twice the requirements',
    make: () => untyped(requireMandate)({ requiredScopes: ['read'] }, { requireAgent: true }),
    says: ['requireMandate takes one argument, with everything in it: write requireMandate({ requiredScopes'],
  },
  {
    title: 'caracal: requirements behind the options',
    make: () => untyped(caracal)(VALID, { requiredScopes: ['read'] }),
    says: ['caracal takes one argument, with everything in it: write app.use(caracal())'],
  },
  {
    title: 'caracal: the path behind the options',
    make: () => untyped(caracal)(VALID, '/admin/*'),
    says: ['caracal takes one argument'],
  },
  {
    title: 'withCaracal as middleware',
    make: async () => {
      await served(new Hono().use(untyped(withCaracal(() => new Response(), VALID))))
    },
    says: ['a context of Hono needs caracal() from caracal-edge/hono'],
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
]
