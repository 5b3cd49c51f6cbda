// Runs one situation: creates the token, builds the guard, sends the requests and returns the results.

import { withCaracal } from 'caracal-edge'
import { makeRequest } from './case-request.ts'
import { openCaseStore } from './case-store.ts'
import type { Gen, Members, Situation } from './catalogue.ts'
import { setEnvironment } from './environment.ts'
import type { IssuerServer } from './issuer-server.ts'
import { fill, layOver, type PlaceholderValues } from './placeholders.ts'
import type { TestKeys } from './test-keys.ts'
import { type Forged, forge } from './token-forge.ts'
import type { UpstashServer } from './upstash-server.ts'

export interface World {
  readonly keys: TestKeys
  readonly issuers: IssuerServer
  readonly stores: UpstashServer
}

export interface DecisionEvent {
  readonly outcome?: unknown
  readonly code?: unknown
  readonly status?: unknown
  readonly reason?: unknown
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
  readonly ms: number
}

/** What happened while requests were sent. */
interface Seen {
  readonly answers: Answer[]
  /** What the guard has thrown. */
  readonly escaped: unknown[]
  readonly events: DecisionEvent[]
  /** The arguments of the handler, for each call. */
  readonly mandates: unknown[]
}

export interface Observation extends Seen {
  /** What was thrown instead of building the guard. */
  readonly refusedToBuild?: unknown
  /** Why the runtime's own Request or Headers refused the request. */
  readonly refusedByPlatform?: string
  readonly keySetRequests: number
  readonly elsewhereRequests: number
  readonly storeRequests: number
  readonly storeKeys: readonly string[]
  /** Strings that no answer or event may contain. */
  readonly secrets: readonly string[]
}

export const HANDLED = 'the handler was here'

type Handler = (request: Request, context: { readonly caracal?: unknown }) => Response
type Guard = (request: Request) => Promise<Response>
type Given = 'object' | 'function'

/** The catalogue configures the guard as in JavaScript: the options may be wrong. */
const guardWith = withCaracal as unknown as (handler: Handler, options: unknown) => Guard

/** `given` says how the options are passed: as an object, or as a function. */
export async function observe(
  situation: Situation,
  world: World,
  given: Given = 'object',
): Promise<Observation> {
  const { gen } = situation
  const slug = given === 'object' ? situation.slug : `${situation.slug}-by-function`
  const now = Math.floor(Date.now() / 1000)
  const values = { now, issuer: world.issuers.issuerOf(slug), keys: world.keys }
  const restore = setEnvironment(layOver({}, gen.env, values) as Record<string, string | undefined>)
  try {
    return await play(gen, slug, world, values, given)
  } finally {
    restore()
  }
}

async function play(
  gen: Gen,
  slug: string,
  world: World,
  values: PlaceholderValues,
  given: Given,
): Promise<Observation> {
  const forged = await forge(gen, values)
  const issuer = world.issuers.publish(slug, fill(gen.jwks, values), gen.key ?? 'K1')
  const store = openCaseStore(fill(gen.store ?? {}, values) as object, slug, world.stores)
  const seen: Seen = { answers: [], escaped: [], events: [], mandates: [] }
  const report = (more: object = {}): Observation => ({
    ...seen,
    ...more,
    keySetRequests: issuer.keySet,
    elsewhereRequests: issuer.elsewhere,
    storeRequests: store.tally.requests,
    storeKeys: store.tally.keys,
    secrets: secretsOf(forged, store.secret),
  })

  const makeOptions = () => {
    const base = {
      audience: 'resource://api',
      issuer: values.issuer,
      expectedZoneId: 'zone-1',
      revocations: store.build(),
      onDecision: (event: DecisionEvent) => seen.events.push(event),
      ...keySetOptions(gen.jwks),
    }
    return layOver(base, gen.config, values)
  }
  let guard: Guard
  try {
    guard = guardWith(handlerInto(seen), given === 'function' ? makeOptions : makeOptions())
  } catch (error) {
    return report({ refusedToBuild: error })
  }

  if (gen.warmFirst) {
    await warm(guard, forged)
    // The requests of that do not count.
    for (const list of [seen.events, seen.mandates, store.tally.keys]) list.length = 0
    issuer.keySet = 0
    store.tally.requests = 0
  }
  for (let count = gen.repeat ?? 1; count > 0; count--) {
    const made = makeRequest(gen, forged.token, values)
    if ('refused' in made) return report({ refusedByPlatform: made.refused })
    await send(guard, made.request, seen)
  }
  return report()
}

function handlerInto({ mandates }: Seen): Handler {
  return (_request, { caracal }) => {
    mandates.push(caracal)
    return new Response(HANDLED)
  }
}

/** With a fault in the key set, the guard has a short time limit, or a longer one if there is much to read. */
function keySetOptions(jwks: unknown): Members {
  if (typeof jwks !== 'object' || jwks === null || !('fault' in jwks)) return {}
  const large = ['huge', 'huge-declared', 'gzip-bomb'].includes(String(jwks.fault))
  return { keySet: { timeoutMs: large ? 6000 : 800 } }
}

/** Sends the unchanged token, which must be admitted. */
async function warm(guard: Guard, { genuine }: Forged): Promise<void> {
  const response = await guard(new Request('http://h/x', { headers: { authorization: `Bearer ${genuine}` } }))
  if (response.status !== 200) throw new Error(`The untouched token was answered ${response.status}`)
}

async function send(guard: Guard, request: Request, { answers, escaped }: Seen): Promise<void> {
  const start = performance.now()
  try {
    const response = await guard(request)
    const body = await response.text()
    answers.push({ status: response.status, headers: response.headers, body, ms: performance.now() - start })
  } catch (error) {
    escaped.push(error)
  }
}

/** Too long for a coincidence: the token and its parts, the anchors, the password of the store. */
function secretsOf({ token, genuine, claims }: Forged, storeSecret: string): string[] {
  const anchors = ['sid', 'root_sid', 'agent_session_id', 'delegation_edge_id'].map((name) => claims[name])
  const texts = [token, genuine].flatMap((text) => [text, ...text.split('.')])
  const parts = texts.filter((part) => part.length >= 16)
  const ids = anchors.filter((anchor) => typeof anchor === 'string' && anchor.trim().length >= 6)
  return [...new Set([...parts, ...ids.map(String), storeSecret])]
}
