// Wrong uses of verifiers, decisions and events, each of which must be an error of the compiler.

import {
  type Admission,
  type CaracalContext,
  type CaracalOptions,
  createMandateVerifier,
  type Decision,
  type DecisionEvent,
  type Denial,
  denialResponse,
  InMemoryRevocationStore,
  type Mandate,
  type MandateVerifier,
} from 'caracal-edge'

declare const decision: Decision
declare const denial: Denial
declare const mandate: Mandate
declare const event: DecisionEvent
const request = new Request('https://api.test/')
const revocations = new InMemoryRevocationStore()

// Additional requirements.

const verifier = createMandateVerifier({ revocations })
// @ts-expect-error the audience is not a requirement: it is the guard's own
verifier.require({ audience: 'resource://other' })
// @ts-expect-error unknown name
verifier.authorize(request, { scopes: ['read'] })
// @ts-expect-error a URL is not a Request
verifier.authorize('https://api.test/')
// @ts-expect-error requirements that are undefined would ask for nothing
verifier.authorize(request, undefined)
// @ts-expect-error nor may they for a token
verifier.authorizeToken('token', undefined)
// @ts-expect-error nor for a verifier that is to ask more
verifier.require(undefined)
// @ts-expect-error who names requirements is never told to skip
if ((await verifier.authorize(request, {})).outcome === 'skip') verifier.warmup()
// @ts-expect-error nor is who named them before
if ((await verifier.require({}).authorize(request)).outcome === 'skip') verifier.warmup()
// @ts-expect-error what may skip does not do for what never does
export const neverSkips: MandateVerifier<Admission | Denial> = verifier
// @ts-expect-error a token is text
verifier.authorizeToken(request)

// What was decided cannot be changed, nor what is configured.

export function changes(mandate: Mandate, context: CaracalContext, denial: Denial, options: CaracalOptions) {
  // @ts-expect-error read-only
  mandate.sub = 'user-2'
  // @ts-expect-error read-only
  mandate.scopes.push('admin')
  // @ts-expect-error read-only
  for (const link of mandate.delegationChain) link.applicationId = 'app-2'
  // @ts-expect-error read-only
  context.caracal = mandate
  // @ts-expect-error read-only
  denial.status = 200
  // @ts-expect-error read-only
  denial.requiredScopes.pop()
  // @ts-expect-error read-only
  options.requiredScopes = []
  // @ts-expect-error read-only
  options.exclude?.push('/admin')
}
export function changesEvent(event: DecisionEvent) {
  // @ts-expect-error read-only
  event.outcome = 'admit'
}

// A decision says which it is before it says more.

// @ts-expect-error not every decision has a mandate
decision.mandate
// @ts-expect-error not every decision has a code
decision.code
// @ts-expect-error only a denial is rendered
denialResponse(decision)
// @ts-expect-error only a denial is rendered
denialResponse({ outcome: 'admit', mandate })
// @ts-expect-error only a denial is rendered
if (decision.outcome === 'admit') denialResponse(decision)
// @ts-expect-error only a denial is rendered
if (decision.outcome === 'skip') denialResponse(decision)
// @ts-expect-error a refusal has no mandate
if (decision.outcome === 'deny') decision.mandate
// @ts-expect-error no such outcome
if (decision.outcome === 'allow') denialResponse(denial)
// @ts-expect-error no such code
if (denial.code === 'unauthorized') denialResponse(denial)
// @ts-expect-error no path, so that nothing is skipped
if ((await verifier.authorizeToken('token')).outcome === 'skip') denialResponse(denial)

// Events.

// @ts-expect-error only an admission has a subject
event.sub
// @ts-expect-error an event has no mandate
if (event.outcome === 'admit') event.mandate
// @ts-expect-error an event holds no description
if (event.outcome === 'deny') event.description
// @ts-expect-error a token's request is undefined
createMandateVerifier({ revocations, onDecision: (_event, request) => console.log(request.url) })
