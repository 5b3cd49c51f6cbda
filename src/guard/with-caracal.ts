// Wraps a fetch handler, so that it runs only for requests that the guard admits.

import { CaracalConfigError } from '../decision/errors.ts'
import { isThenable } from '../lib/thenable.ts'
import type { Mandate } from '../mandate.ts'
import { admit, warmUp } from './admit.ts'
import type { Authority } from './authority.ts'
import { guardPerEnvironment } from './environments.ts'
import type { NoOtherOption } from './exact-options.ts'
import { answerForeign } from './foreign-request.ts'
import type { CaracalOptions, ExcludedPath } from './options.ts'
import { mistakeInHandler } from './wrong-arguments.ts'

/** The second argument of a guarded handler. Frozen. */
export interface CaracalContext<Excluded extends readonly ExcludedPath[] = never> {
  /** The verified mandate. `undefined` on an excluded path, which is possible only with `exclude`. */
  readonly caracal: [Excluded] extends [never] ? Mandate : Mandate | undefined
  /** What can still be asked about the mandate. `undefined` exactly where `caracal` is. */
  readonly authority: [Excluded] extends [never] ? Authority : Authority | undefined
}

/** A fetch handler that gets the mandate in its second argument, and the platform's arguments after it. */
export type GuardedHandler<
  Platform extends readonly unknown[],
  Excluded extends readonly ExcludedPath[] = never,
  Incoming extends Request = Request,
> = (
  request: Incoming,
  context: CaracalContext<Excluded>,
  ...platform: Platform
) => Response | Promise<Response>

/** The result of `withCaracal`: a fetch function for the platform. */
export interface GuardedFetch<Platform extends readonly unknown[], Incoming extends Request = Request> {
  (request: Incoming, ...platform: Platform): Promise<Response>
  /**
   * Fetches the key sets before the first request. On Workers: `ctx.waitUntil(guarded.warmup(env, ctx))`.
   * @throws {KeySetUnavailableError} (rejects) if a key set cannot be fetched; requests try again
   * @throws {CaracalConfigError} (rejects) naming every mistake, if the options are a function
   */
  warmup(...platform: Platform): Promise<void>
}

/**
 * Puts the guard in front of a fetch handler.
 *
 * A request with a verified mandate reaches the handler unchanged, together with the mandate. Any other request is
 * answered with 401, 403 or 503 (protocol §4; for a WebSocket, see `websocketDenial`). What the handler returns or throws
 * is passed on unchanged.
 *
 * @param options the options, or a function of the platform arguments that returns them, because the bindings of a
 *   Worker come with the request. It gets stand-ins for its arguments and is called once for each environment: an
 *   environment is what is read of the arguments, then or later, plain values by value and objects by identity. At most
 *   32 are kept. An environment is trusted like configuration: it can set issuer, zone and audience.
 * @throws {CaracalConfigError} naming every mistake in the options. If they are a function, the mistakes are logged at
 *   the first request, which is answered with 500 `server_error`. The function is called again after a minute.
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
  const Excluded extends readonly ExcludedPath[] = never,
  Incoming extends Request = Request,
  // The parameters of the options function, usually fewer than those of the handler.
  Known extends readonly unknown[] = Platform,
  // What the options function returns, to find unknown names in it.
  Given = CaracalOptions<Excluded>,
>(
  handler: GuardedHandler<Platform, Excluded, Incoming>,
  options:
    | CaracalOptions<Excluded>
    | ((...platform: Known) => CaracalOptions<Excluded> & Given & NoOtherOption<Given>),
): GuardedFetch<Platform, Incoming> {
  const mistake = mistakeInHandler(handler, options)
  if (mistake !== undefined) throw new CaracalConfigError([mistake])
  const guardFor = guardPerEnvironment(options)

  const guarded = async (request: Incoming, ...platform: Platform): Promise<Response> => {
    const foreign = answerForeign(request, platform)
    if (foreign !== undefined) return foreign
    const passing = admit(guardFor, platform, request)
    const passage = isThenable(passing) ? await passing : passing
    if (passage.denial !== undefined) return passage.refusal()
    // Without `exclude`, the type promises a mandate, and no request is skipped.
    const { authority } = passage
    const context = Object.freeze({ caracal: authority?.mandate, authority }) as CaracalContext<Excluded>
    return handler(request, context, ...platform)
  }
  return Object.assign(guarded, {
    warmup: (...platform: Platform) => warmUp(guardFor, platform),
  })
}
