// Wraps a fetch handler, so that it runs only for requests that the verifier admits.

import { CaracalConfigError } from '../decision/errors.ts'
import type { Mandate } from '../mandate.ts'
import { admit } from './admit.ts'
import { guardPerEnvironment } from './environments.ts'
import type { CaracalOptions } from './options.ts'

/** What a guarded handler is told about a request. Frozen. */
export interface CaracalContext<Excluded extends readonly string[] = never> {
  /** The verified mandate. `undefined` on an excluded path, which can happen only where `exclude` is given. */
  readonly caracal: [Excluded] extends [never] ? Mandate : Mandate | undefined
}

/** A fetch handler with the mandate as its second argument; what the platform passes comes after it. */
export type GuardedHandler<
  Platform extends readonly unknown[],
  Excluded extends readonly string[] = never,
  Incoming extends Request = Request,
> = (
  request: Incoming,
  context: CaracalContext<Excluded>,
  ...platform: Platform
) => Response | Promise<Response>

/** What `withCaracal` gives: a fetch function for the platform. */
export interface GuardedFetch<Platform extends readonly unknown[], Incoming extends Request = Request> {
  (request: Incoming, ...platform: Platform): Promise<Response>
  /**
   * Fetches the key sets before the first request. On Workers: `ctx.waitUntil(guarded.warmup(env, ctx))`.
   * @throws {KeySetUnavailableError} (rejects) when a key set is out of reach; requests try again
   * @throws {CaracalConfigError} (rejects) when options given as a function turn out to be unsound
   */
  warmup(...platform: Platform): Promise<void>
}

/**
 * Puts the guard in front of a fetch handler.
 *
 * A request whose mandate is verified reaches the handler as it came, with the mandate beside it; any other is
 * answered with 401, 403 or 503 as protocol §4 says (a WebSocket: see `websocketDenial`). What the handler returns
 * or throws is passed on untouched.
 *
 * @param options the options, or a function of the platform arguments that gives them: Workers' bindings come with
 *   the request. The function is called once for each environment (the first platform argument), or once in all,
 *   without arguments, if it declares no parameter. An environment is trusted like configuration: issuer, zone and
 *   audience that it names are taken.
 * @throws {CaracalConfigError} naming every mistake in the options; where they are a function, the mistakes go to
 *   the log at the first request, which is answered with 500 `server_error`, and the function is called again after
 *   a minute at the earliest
 * @example
 * ```ts
 * export default {
 *   fetch: withCaracal((request, { caracal }) => Response.json({ actor: caracal.sub }), {
 *     audience: 'resource://billing-api',
 *     revocations: new InMemoryRevocationStore(),
 *     requiredScopes: ['billing:read'],
 *   }),
 * }
 * ```
 */
export function withCaracal<
  Platform extends readonly [...Known, ...unknown[]],
  const Excluded extends readonly string[] = never,
  Incoming extends Request = Request,
  // What the options function names of the platform arguments: fewer than the handler, as a rule.
  Known extends readonly unknown[] = Platform,
>(
  handler: GuardedHandler<Platform, Excluded, Incoming>,
  options: CaracalOptions<Excluded> | ((...platform: Known) => CaracalOptions<Excluded>),
): GuardedFetch<Platform, Incoming> {
  if (typeof handler !== 'function') {
    throw new CaracalConfigError([
      'the first argument must be the handler, a function: for an object with a fetch, pass its fetch',
    ])
  }
  const guardFor = guardPerEnvironment(options)

  const guarded = async (request: Incoming, ...platform: Platform): Promise<Response> => {
    const passage = await admit(guardFor(platform), request)
    if (passage.denial !== undefined) return passage.refusal()
    // The type promises a mandate where nothing is excluded, and there nothing is ever skipped.
    const context = Object.freeze({ caracal: passage.mandate }) as CaracalContext<Excluded>
    return handler(request, context, ...platform)
  }
  return Object.assign(guarded, { warmup: async (...platform: Platform) => guardFor(platform).warmup() })
}
