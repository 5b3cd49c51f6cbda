// `context.caracal` is a Mandate; `undefined` is part of its type exactly where something may be excluded.

import {
  type Admission,
  type Authority,
  AuthorityEndedError,
  authorityOf,
  type CaracalContext,
  type CaracalOptions,
  createMandateVerifier,
  type Denial,
  InMemoryRevocationStore,
  type Mandate,
  mandateOf,
  type RouteOptions,
  withCaracal,
} from 'caracal-edge'
import { exactly } from './support/exactly.ts'
import type { Env } from './support/platforms.ts'

const revocations = new InMemoryRevocationStore()
const answer = new Response()

const alwaysThere = ({ caracal, authority }: CaracalContext) => {
  exactly<Mandate>()(caracal)
  exactly<Authority>()(authority)
  return answer
}
const perhapsThere = ({ caracal, authority }: CaracalContext<readonly string[]>) => {
  exactly<Mandate | undefined>()(caracal)
  exactly<Authority | undefined>()(authority)
  return answer
}

// Options written in place.
export const inline = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate>()(caracal)
    exactly<Authority>()(authority)
    return answer
  },
  { audience: 'resource://api', revocations, routes: { '/admin': { requiredScopes: ['admin'] } } },
)
export const inlineExclude = withCaracal(
  async (_request, context) => {
    exactly<Mandate | undefined>()(context.caracal)
    return answer
  },
  { audience: 'resource://api', revocations, exclude: ['/healthz', '/metrics'] },
)
export const nothingExcluded = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  { revocations, exclude: [] },
)

export const excludedByMethod = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  { revocations, exclude: ['OPTIONS /', { exact: '/' }, { exact: 'GET /docs' }] },
)

// Routes by method: literal keys, and those that are only known when the program runs.
declare const prefix: string
declare const known: Readonly<Record<string, RouteOptions>>
export const byMethod = createMandateVerifier({
  revocations,
  routes: { 'POST /a': {}, 'PUT,PATCH /a': {}, '/a': {}, [`${prefix}/b`]: {} },
})
export const byKnownKeys = createMandateVerifier({ revocations, routes: known })

// Options in a variable. The type CaracalOptions leaves open whether something is excluded.
declare const open: CaracalOptions
export const fromOpen = withCaracal((_request, { caracal, authority }) => {
  exactly<Mandate | undefined>()(caracal)
  exactly<Authority | undefined>()(authority)
  return answer
}, open)

declare const closed: CaracalOptions<never>
export const fromClosed = withCaracal((_request, context) => alwaysThere(context), closed)

const literal = { revocations, requiredScopes: ['read'] }
export const fromLiteral = withCaracal((_request, context) => alwaysThere(context), literal)

const literalExclude = { revocations, exclude: ['/healthz'] }
export const fromLiteralExclude = withCaracal((_request, { caracal, authority }) => {
  exactly<Mandate | undefined>()(caracal)
  exactly<Authority | undefined>()(authority)
  return answer
}, literalExclude)

const constant = { revocations, requiredScopes: ['read'] } as const
export const fromConstant = withCaracal((_request, context) => alwaysThere(context), constant)

const constantExclude = { revocations, exclude: ['/healthz'] } as const
export const fromConstantExclude = withCaracal((_request, { caracal, authority }) => {
  exactly<Mandate | undefined>()(caracal)
  exactly<Authority | undefined>()(authority)
  return answer
}, constantExclude)

const checked = { revocations, requireAgent: true } satisfies CaracalOptions
export const fromChecked = withCaracal((_request, context) => alwaysThere(context), checked)

// Options given by a function.
export const fromFunction = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate>()(caracal)
    exactly<Authority>()(authority)
    return answer
  },
  () => ({ revocations }),
)
export const fromFunctionExclude = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  () => ({ revocations, exclude: ['/healthz'] }),
)
export const fromEnvironment = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate>()(caracal)
    exactly<Authority>()(authority)
    return answer
  },
  (env: Env) => ({ audience: env.AUDIENCE, revocations }),
)
export const fromEnvironmentExclude = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  (env: Env) => ({ audience: env.AUDIENCE, revocations, exclude: ['/healthz'] }),
)
export const fromOpenFunction = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  (): CaracalOptions => ({ revocations }),
)
export const fromClosedFunction = withCaracal(
  (_request, context) => alwaysThere(context),
  (): CaracalOptions<never> => ({ revocations }),
)
// The only way to have a misspelt name in the function's object reported, and `caracal` exact all the same.
export const fromCheckedFunction = withCaracal(
  (_request, context) => alwaysThere(context),
  (env: Env) => ({ audience: env.AUDIENCE, revocations }) satisfies CaracalOptions,
)

// Where it depends on something whether paths are excluded, they may be.
declare const flag: boolean
export const perhapsExclude = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  { revocations, ...(flag && { exclude: ['/healthz'] }) },
)
export const perhapsExcludeFunction = withCaracal(
  (_request, { caracal, authority }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<Authority | undefined>()(authority)
    return answer
  },
  (env: Env) => (env.AUDIENCE === '' ? { revocations, exclude: ['/healthz'] } : { revocations }),
)

// Handlers that exist already.
export const ofHandler = withCaracal((_request: Request, context: CaracalContext) => alwaysThere(context), {
  revocations,
})
export const ofCautiousHandler = withCaracal(
  (_request: Request, context: CaracalContext<readonly string[]>) => perhapsThere(context),
  { revocations, exclude: ['/healthz'] },
)
// A handler that allows for no mandate may also be one that always gets one.
export const ofOverCautiousHandler = withCaracal(
  (_request: Request, { caracal }: { readonly caracal: Mandate | undefined }) => Response.json(caracal?.sub),
  { revocations },
)
export const ofSmallHandler = withCaracal(() => answer, { revocations })

// Options in parts.
declare const everywhere: RouteOptions & { readonly revocations: InMemoryRevocationStore }
export const inParts = withCaracal((_request, context) => alwaysThere(context), {
  ...everywhere,
  requiredScopes: ['read'],
})

exactly<Mandate | undefined>()(mandateOf(new Request('https://api.test/')))
export const verifier = createMandateVerifier({ revocations, exclude: ['/healthz'] })

// What can be asked of an authority.
declare const request: Request
declare const authority: Authority
exactly<Authority | undefined>()(authorityOf(request))
exactly<Mandate>()(authority.mandate)
exactly<Denial | undefined>()(authority.meets({ requiredScopes: ['read'], requireAgent: true }))
exactly<Promise<Admission | Denial>>()(authority.recheck())
exactly<AbortSignal>()(authority.signal())
exactly<AbortSignal>()(authority.signal({ recheckEveryMs: 1_000, graceMs: 0, until: request.signal }))
declare const reason: unknown
if (reason instanceof AuthorityEndedError) exactly<Denial>()(reason.denial)
exactly<Promise<Admission | Denial>>()(createMandateVerifier({ revocations }).recheck(authority.mandate))
