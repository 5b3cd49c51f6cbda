// Runs one situation: creates the token, has the guard made, sends the requests and returns what came of it.

import { memberOf } from '../../lib/own-member.ts'
import { within } from '../../lib/time-limit.ts'
import type { Gen, KeySetScript, Members, Situation } from './case.ts'
import { fetchFrom } from './case-network.ts'
import { makeRequest } from './case-request.ts'
import { openStore } from './case-store.ts'
import { openKeySet } from './key-set-endpoint.ts'
import { filled, layOver, type PlaceholderValues } from './placeholders.ts'
import type { ConformanceGuard, ConformanceHandler, ConformanceSettings } from './settings.ts'
import type { TestKeys } from './test-keys.ts'
import { type Forged, forge } from './token-forge.ts'

/** Makes a guard. What comes of it has not been looked at. */
export type MakeGuard = (settings: ConformanceSettings) => unknown

export interface World {
  readonly keys: TestKeys
  /** Where the issuers and the database are: an HTTP server of the caller's, or a name that only `fetch` knows. */
  readonly origin: string
  readonly isReal: boolean
  readonly make: MakeGuard
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
  /** `undefined` for a guard that tells nothing. */
  events: unknown[] | undefined
  /** What the handler was given, for each call. */
  readonly mandates: unknown[]
  /** Whether it was ever given another mandate than that of its request. */
  isMixedUp: boolean
}

export interface Observation extends Seen {
  /** What was thrown instead of making the guard. */
  readonly refusedToBuild?: unknown
  /** Why the runtime's own Request or Headers refused the request. */
  readonly refusedByPlatform?: string
  readonly keySetRequests: number
  readonly elsewhereRequests: number
  readonly storeRequests: number
  readonly storeKeys: readonly string[]
  /** Texts that no answer or event may contain. */
  readonly secrets: readonly string[]
}

/** A guard that is slower than this is taken for one that never answers. */
const NO_ANSWER_MS = 8_000

export const HANDLED = 'the handler was here'

export async function observe(
  { id, gen }: Situation,
  world: World,
  given: 'object' | 'function',
): Promise<Observation> {
  const slug = given === 'object' ? id : `${id}-by-function`
  const issuer = `${world.origin}/${slug}`
  const values = { now: Math.floor(Date.now() / 1000), issuer, keys: world.keys }
  const forged = await forge(gen, values)
  const signer = gen.key ?? 'K1'
  const keySet = openKeySet(filled<KeySetScript | readonly Members[]>(gen.jwks, values), signer, world.keys)
  const secret = `store-secret-of-${slug}`
  const store = openStore(filled(gen.store, values), secret)
  const seen: Seen = { answers: [], escaped: [], events: undefined, mandates: [], isMixedUp: false }
  const secrets = secretsOf(forged, secret)
  const report = (more: object = {}): Observation => ({
    ...seen,
    ...more,
    keySetRequests: keySet.tally.keySet,
    elsewhereRequests: keySet.tally.elsewhere,
    storeRequests: store.tally.requests,
    storeKeys: store.tally.keys,
    secrets,
  })

  const serve = (request: Request) =>
    request.headers.get('authorization') === `Bearer ${secret}` ? store.serve(request) : keySet.serve(request)
  const keySetTimeoutMs = timeoutFor(gen)
  const fetch = fetchFrom(serve)
  const settings: ConformanceSettings = {
    issuer,
    audience: 'resource://api',
    zoneId: 'zone-1',
    keySetUrl: `${issuer}/.well-known/jwks.json?zone_id=zone-1`,
    keySetTimeoutMs,
    fetch,
    revocations: store.object,
    storeTimeoutMs: store.timeoutMs,
    get options() {
      const base = {
        audience: settings.audience,
        issuer,
        expectedZoneId: settings.zoneId,
        revocations: settings.revocations,
        storeTimeoutMs: settings.storeTimeoutMs,
        keySet: { ...(!world.isReal && { fetch }), ...(keySetTimeoutMs && { timeoutMs: keySetTimeoutMs }) },
      }
      return listening(layOver(base, gen.config, values), seen)
    },
    asked: Object.keys(gen.config ?? {}),
    given,
    // The catalogue is our own: its variables are texts.
    environment: layOver({}, gen.env, values) as { readonly [name: string]: string | undefined },
    upstash: store.upstash && {
      url: world.origin,
      token: secret,
      timeoutMs: store.timeoutMs,
      ...store.upstash,
    },
    serve,
    handler(request, mandate) {
      seen.mandates.push(mandate)
      const holder = holderIn(request)
      if (holder !== null && holder !== memberOf(mandate, 'sub')) seen.isMixedUp = true
      return new Response(HANDLED)
    },
    secrets,
  }
  let guard: ConformanceGuard
  try {
    guard = guardIn(await world.make(settings))
  } catch (error) {
    return report({ refusedToBuild: error })
  }
  try {
    if (gen.warmFirst === true) {
      if (gen.storeBefore !== undefined) store.become(filled(gen.storeBefore, values))
      await warm(guard.fetch, forged)
      store.become(filled(gen.store, values))
      if (gen.secondsLater !== undefined) await waitUntil((values.now + gen.secondsLater) * 1000)
      // The requests of that do not count.
      for (const list of [seen.events ?? [], seen.mandates, store.tally.keys]) list.length = 0
      keySet.tally.keySet = 0
      store.tally.requests = 0
    }
    if (gen.together !== undefined) {
      const requests = await Promise.all(
        Array.from({ length: gen.together }, (_, index) => requestOf(`user-${index}`, gen, values)),
      )
      await Promise.all(requests.map((request) => send(guard.fetch, request, seen)))
      return report()
    }
    for (let count = gen.repeat ?? 1; count > 0; count--) {
      const made = makeRequest(gen, forged.token, values)
      if ('refused' in made) return report({ refusedByPlatform: made.refused })
      await send(guard.fetch, made.request, seen)
    }
    return report()
  } finally {
    await guard.close?.()
  }
}

/** With a listener, unless the case has one. It shows whether it was taken: not every guard tells of its decisions. */
function listening(options: Members, seen: Seen): Members {
  if (Object.hasOwn(options, 'onDecision')) return options
  return Object.defineProperty(options, 'onDecision', {
    enumerable: true,
    get() {
      seen.events ??= []
      return (event: unknown) => {
        seen.events?.push(event)
      }
    },
  })
}

function guardIn(made: unknown): ConformanceGuard {
  if (isHandler(made)) return { fetch: made }
  const [fetch, close] = [memberOf(made, 'fetch'), memberOf(made, 'close')]
  if (!isHandler(fetch)) throw new TypeError('makeHandler must give a fetch handler, or { fetch, close? }')
  return { fetch, close: async () => (isFunction(close) ? void (await close()) : undefined) }
}

function isHandler(value: unknown): value is ConformanceHandler {
  return typeof value === 'function'
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

/** Short where no answer ends, else long: beside a fetch that a busy machine makes slow, a guard may make a second one. */
function timeoutFor({ jwks }: Gen): number | undefined {
  if (typeof jwks !== 'object' || jwks === null || !('fault' in jwks)) return undefined
  return ['hang', 'stall', 'trickle'].includes(String(jwks.fault)) ? 800 : 6000
}

/** A request that names the holder of its mandate in its URL. */
async function requestOf(holder: string, gen: Gen, values: PlaceholderValues): Promise<Request> {
  const { token } = await forge({ ...gen, claims: { ...gen.claims, sub: holder } }, values)
  return new Request(`http://h/x?holder=${holder}`, { headers: { authorization: `Bearer ${token}` } })
}

function holderIn(request: Request): string | null {
  return new URL(request.url).searchParams.get('holder')
}

async function waitUntil(ms: number): Promise<void> {
  for (let left = ms - Date.now(); left > 0; left = ms - Date.now()) {
    await new Promise((resolve) => setTimeout(resolve, left))
  }
}

/** Sends the unchanged token, which must be admitted. */
async function warm(guard: ConformanceHandler, { genuine }: Forged): Promise<void> {
  const headers = { authorization: `Bearer ${genuine}` }
  const response = await guard(new Request('http://h/x', { headers }))
  if (response.status !== 200) throw new Error(`The unchanged token was answered with ${response.status}`)
  await response.text()
}

async function send(guard: ConformanceHandler, request: Request, { answers, escaped }: Seen): Promise<void> {
  const start = performance.now()
  const ask = async () => {
    const response = await guard(request)
    return { status: response.status, headers: response.headers, body: await response.text() }
  }
  try {
    const answer = await within(NO_ANSWER_MS, ask())
    if (answer.ok) answers.push({ ...answer.value, ms: performance.now() - start })
    else escaped.push(new DOMException('There was no answer', 'TimeoutError'))
  } catch (error) {
    escaped.push(error)
  }
}

/** Too long for a coincidence: the token and its parts, the anchors, the password of the store. */
function secretsOf({ token, genuine, claims }: Forged, storeSecret: string): readonly string[] {
  const anchors = ['sid', 'root_sid', 'agent_session_id', 'delegation_edge_id'].map((name) => claims[name])
  const texts = [token, genuine].flatMap((text) => [text, ...text.split('.')])
  const parts = texts.filter((part) => part.length >= 16)
  const ids = anchors.filter((anchor) => typeof anchor === 'string' && anchor.trim().length >= 6)
  return [...new Set([...parts, ...ids.map(String), storeSecret])]
}
