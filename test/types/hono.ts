// The mandate in Hono's context has its type: by annotation, by inference along a chain, with bindings, with exclude.

import {
  type Authority,
  type CaracalOptions,
  InMemoryRevocationStore,
  type Mandate,
  mandateOf,
} from 'caracal-edge'
import {
  type CaracalEnv,
  type CaracalHonoOptions,
  type CaracalVariables,
  caracal,
  type OptionalCaracalEnv,
  type OptionalCaracalVariables,
  requireMandate,
} from 'caracal-edge/hono'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { createFactory, createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { exactly } from './support/exactly.ts'
import type { Env } from './support/platforms.ts'

const revocations = new InMemoryRevocationStore()
const options = { audience: 'resource://api', revocations }

// By annotation.
export const annotated = new Hono<CaracalEnv>()
annotated.use(caracal())
annotated.get('/', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  exactly<Mandate>()(c.get('caracal'))
  exactly<Authority>()(c.get('authority'))
  exactly<Mandate | undefined>()(mandateOf(c.req.raw))
  return c.json({ actor: c.var.caracal.sub })
})

export const withBindings = new Hono<CaracalEnv & { Bindings: Env }>()
withBindings.use(caracal((env: Env) => ({ audience: env.AUDIENCE })))
withBindings.get('/', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  exactly<Env>()(c.env)
  return c.text(c.env.AUDIENCE)
})

export const withVariables = new Hono<{ Variables: CaracalVariables & { requestId: string } }>()
withVariables.use(caracal(options))
withVariables.get('/', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  exactly<string>()(c.var.requestId)
  return c.text(c.get('requestId'))
})

// With exclude there may be no mandate.
export const annotatedExclude = new Hono<OptionalCaracalEnv>()
annotatedExclude.use(caracal({ ...options, exclude: ['/healthz'] }))
annotatedExclude.get('/', (c) => {
  exactly<Mandate | undefined>()(c.var.caracal)
  exactly<Authority | undefined>()(c.var.authority)
  exactly<Mandate | undefined>()(c.get('caracal'))
  exactly<Authority | undefined>()(c.get('authority'))
  return c.text(c.var.caracal?.sub ?? 'nobody')
})

export const variablesExclude = new Hono<{ Variables: OptionalCaracalVariables & { requestId: string } }>()
variablesExclude.get('/', (c) => {
  exactly<Mandate | undefined>()(c.var.caracal)
  exactly<Authority | undefined>()(c.var.authority)
  exactly<string>()(c.var.requestId)
  return c.text('')
})

export const annotatedChainExclude = new Hono<OptionalCaracalEnv>()
  .use(caracal({ ...options, exclude: ['/healthz'] }))
  .get('/', (c) => {
    exactly<Mandate | undefined>()(c.var.caracal)
    exactly<Authority | undefined>()(c.var.authority)
    return c.text('')
  })

// Where nothing is excluded, there is a mandate, which an app may treat as optional.
export const optionalWithoutNeed = new Hono<OptionalCaracalEnv>().use(caracal(options))

// The earlier name.
export const earlierName = new Hono<CaracalEnv<string[]>>()
  .use(caracal({ ...options, exclude: ['/healthz'] }))
  .get('/', (c) => {
    exactly<Mandate | undefined>()(c.var.caracal)
    exactly<Authority | undefined>()(c.var.authority)
    return c.text('')
  })
export const sameAsEarlier: CaracalEnv<string[]> extends OptionalCaracalEnv ? true : never = true

// By inference along a chain.
export const chained = new Hono().use(caracal(options)).get('/', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  exactly<Mandate>()(c.get('caracal'))
  exactly<Authority>()(c.get('authority'))
  return c.text(c.var.caracal.sub)
})

export const everythingFromEnvironment = new Hono().use(caracal()).get('/', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  return c.text('')
})

export const chainedExclude = new Hono().use(caracal({ exclude: ['/healthz'] })).get('/', (c) => {
  exactly<Mandate | undefined>()(c.var.caracal)
  exactly<Authority | undefined>()(c.var.authority)
  return c.text('')
})

export const nothingExcluded = new Hono().use(caracal({ exclude: [] })).get('/', (c) => {
  exactly<Mandate | undefined>()(c.var.caracal)
  exactly<Authority | undefined>()(c.var.authority)
  return c.text('')
})

export const chainedBindings = new Hono<{ Bindings: Env }>()
  .use(caracal((env: Env) => ({ revocations: UpstashRevocationStore.fromEnv(env) })))
  .get('/', (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    exactly<Env>()(c.env)
    return c.text(c.env.AUDIENCE)
  })

export const chainedBindingsExclude = new Hono<{ Bindings: Env }>()
  .use(caracal((env: Env) => ({ audience: env.AUDIENCE, exclude: ['/healthz'] })))
  .get('/', (c) => {
    exactly<Mandate | undefined>()(c.var.caracal)
    exactly<Authority | undefined>()(c.var.authority)
    return c.text('')
  })

export const onOnePath = new Hono().use('/admin/*', caracal(options)).get('/admin/x', (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  return c.text('')
})

export const afterOthers = new Hono<{ Variables: { requestId: string } }>()
  .use(cors(), caracal(options))
  .get('/', (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    exactly<string>()(c.var.requestId)
    return c.text('')
  })

export const severalGuards = new Hono()
  .use(caracal(options))
  .use(caracal({ ...options, requiredScopes: ['admin'] }))
  .get('/', (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    return c.text('')
  })

// On one route.
export const inRoute = new Hono().get('/', caracal(options), (c) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  return c.text('')
})

export const asking = new Hono()
  .use(caracal(options))
  .post('/payouts', requireMandate({ requiredScopes: ['billing:payout'], requireDelegation: true }), (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    return c.text('')
  })
  .use('/admin/*', requireMandate({ requiredScopes: ['admin'] }))
  .get('/admin/x', (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    return c.text('')
  })

export const askingAnnotated = new Hono<CaracalEnv>().get(
  '/',
  requireMandate({ requireAgent: true }),
  (c) => {
    exactly<Mandate>()(c.var.caracal)
    exactly<Authority>()(c.var.authority)
    return c.text('')
  },
)

// In parts.
export const parent = new Hono().use(caracal(options)).route('/annotated', annotated)
export const onError = new Hono().use(caracal(options)).onError((error, c) => {
  if (error instanceof HTTPException) return error.getResponse()
  return c.text('', 500)
})
export const audit = createMiddleware<CaracalEnv>(async (c, next) => {
  exactly<Mandate>()(c.var.caracal)
  exactly<Authority>()(c.var.authority)
  await next()
})
export const audited = new Hono().use(caracal(options), audit).get('/', (c) => c.text(c.var.caracal.sub))
export const handlers = createFactory<CaracalEnv>().createHandlers(caracal(options), (c) =>
  c.text(c.var.caracal.sub),
)
export const elsewhere = (c: Context<CaracalEnv>) => exactly<Mandate>()(c.get('caracal'))

// Options of their own.
export const honoOptions: CaracalHonoOptions = {
  websocketDenial: 'http',
  exclude: ['/healthz'],
  routes: { '/admin': { requiredScopes: ['admin'] } },
}
export const checked = { requireAgent: true } satisfies CaracalHonoOptions
export const fromChecked = new Hono().use(caracal(checked)).get('/', (c) => c.text(c.var.caracal.sub))
declare const open: CaracalOptions
export const fromOpen = new Hono().use(caracal(open)).get('/', (c) => {
  exactly<Mandate | undefined>()(c.var.caracal)
  exactly<Authority | undefined>()(c.var.authority)
  return c.text('')
})
export const middleware: readonly MiddlewareHandler<CaracalEnv>[] = [caracal(), caracal(() => ({}))]
export const excluding: MiddlewareHandler<OptionalCaracalEnv> = caracal({ exclude: ['/healthz'] })
