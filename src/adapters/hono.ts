// The guard as Hono middleware. A refusal becomes an HTTPException.

import type { Context, MiddlewareHandler } from 'hono'
import { deny } from '../decision/denials.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { admit, refused } from '../guard/admit.ts'
import type { AdmittedBy, Authority } from '../guard/authority.ts'
import { guardPerEnvironment } from '../guard/environments.ts'
import type { NoOtherOption } from '../guard/exact-options.ts'
import type { CaracalOptions, ExcludedPath } from '../guard/options.ts'
import { readRequirements } from '../guard/read-requirements.ts'
import { mistakeInCall } from '../guard/wrong-arguments.ts'
import { logOnce } from '../lib/log.ts'
import type { Mandate } from '../mandate.ts'
import { UpstashRevocationStore } from '../redis/upstash-store.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import type { Requirements } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'
import { exceptionFor, refuse } from './hono-refusal.ts'

/** In types only. The two kinds of variables contradict each other in it, so that a chain of both is an error. */
declare const excludesPaths: unique symbol

interface MandateVariables {
  /** The verified mandate. */
  caracal: Mandate
  /** What can still be asked about it. */
  authority: Authority
  readonly [excludesPaths]?: false
}

/** The variables that `caracal()` sets if its options exclude paths. */
export interface OptionalCaracalVariables {
  /** The verified mandate; `undefined` on an excluded path. */
  caracal: Mandate | undefined
  /** What can still be asked about it; `undefined` on an excluded path. */
  authority: Authority | undefined
  readonly [excludesPaths]: true
}

/** The variables that `caracal()` sets. */
export type CaracalVariables<Excluded extends readonly ExcludedPath[] = never> = [Excluded] extends [never]
  ? MandateVariables
  : OptionalCaracalVariables

/** For `new Hono<CaracalEnv>()`. With bindings: `new Hono<CaracalEnv & { Bindings: Env }>()`. */
export interface CaracalEnv<Excluded extends readonly ExcludedPath[] = never> {
  Variables: CaracalVariables<Excluded>
}

/**
 * As {@link CaracalEnv}, for an app whose guard excludes paths: `c.var.caracal` may be `undefined`.
 *
 * The compiler notices `CaracalEnv` beside `exclude` in a chain: `new Hono<CaracalEnv>().use(caracal({ exclude: […] }))`.
 * It does not if `app.use(…)` is a statement of its own, because that cannot change the type of `app`.
 */
export interface OptionalCaracalEnv {
  Variables: OptionalCaracalVariables
}

/** Without `exclude`, a guard also fits an app whose mandate is optional. */
interface GuardedEnv<Excluded extends readonly ExcludedPath[]> {
  Variables: [Excluded] extends [never]
    ? { caracal: Mandate; authority: Authority }
    : OptionalCaracalVariables
}

/** The options of `caracal()`. */
export interface CaracalHonoOptions<Excluded extends readonly ExcludedPath[] = readonly ExcludedPath[]>
  extends Omit<CaracalOptions<Excluded>, 'revocations'> {
  /** Default: `UpstashRevocationStore.fromEnv(c.env)`. */
  readonly revocations?: RevocationStore
}

/**
 * Guards all routes after it. There, `c.get('caracal')` and `c.var.caracal` are the mandate,
 * and `c.get('authority')` and `c.var.authority` what can still be asked about it.
 *
 * A denial is thrown as an `HTTPException` with the response as `res` and the `Denial` as `cause`, for `app.onError`. Both
 * the path as Hono's router reads it and the original path count. If a route has several `caracal()`, all must admit the
 * request. The mandate is that of the last one; there is none if that one excludes the path.
 *
 * @param options as in `withCaracal`, or a function of `c.env`. Without it, everything comes from the environment.
 * @throws {CaracalConfigError} naming every mistake in the options and in the environment. If the options are a function,
 *   the mistakes are logged at the first request, which is answered with 500.
 * @example
 * ```ts
 * const app = new Hono<CaracalEnv>()
 * app.use(caracal({ requiredScopes: ['billing:read'] }))
 * app.get('/invoices', (c) => c.json({ actor: c.var.caracal.sub }))
 * ```
 */
export function caracal<
  const Excluded extends readonly ExcludedPath[] = never,
  Bindings = unknown,
  Given = CaracalHonoOptions<Excluded>,
>(
  ...given: readonly [
    options?:
      | CaracalHonoOptions<Excluded>
      | ((env: Bindings) => CaracalHonoOptions<Excluded> & Given & NoOtherOption<Given>),
  ]
): MiddlewareHandler<GuardedEnv<Excluded>> {
  const mistake = mistakeInCall('caracal', 'app.use(caracal()) or app.use(caracal(options))', given)
  if (mistake !== undefined) throw new CaracalConfigError([mistake])
  // `caracal(undefined)` is a mistake, such as a misspelt variable.
  const options = given.length === 0 ? {} : given[0]
  const guardFor = guardPerEnvironment(options, (env) => UpstashRevocationStore.fromEnv(env))
  const admitTo = async (c: Context): Promise<void> => {
    const passage = await admit(guardFor, [c.env], c.req.raw, routedPath(c))
    if (passage.denial !== undefined) return refuse(c, passage)
    const { by, authority } = passage
    c.set('caracal', authority?.mandate)
    c.set('authority', authority)
    // On an excluded path, the mandate that an earlier caracal() verified no longer counts.
    if (authority === undefined) admissions.delete(c)
    else admissions.set(c, { by, mandate: authority.mandate, again: () => admitTo(c) })
  }
  return async (c, next) => {
    await admitTo(c)
    return next()
  }
}

/** What `caracal()` verified, for `requireMandate`. Handlers cannot change it. */
const admissions = new WeakMap<Context, Verified>()

interface Verified {
  readonly by: AdmittedBy
  readonly mandate: Mandate
  /** Admits the request once more, by the guard that is selected for it now. */
  again(): Promise<void>
}

/**
 * Requires more of the mandate on one route. It checks the mandate that `caracal()` has verified, so `caracal()` must come
 * before it. Without a verified mandate, every request is answered with 500.
 *
 * @throws {CaracalConfigError} naming every mistake in the requirements
 * @example
 * ```ts
 * app.post('/payouts', requireMandate({ requiredScopes: ['billing:payout'] }), (c) => …)
 * ```
 */
export function requireMandate(...given: readonly [requirements: Requirements]): MiddlewareHandler {
  const mistake = mistakeInCall('requireMandate', "requireMandate({ requiredScopes: ['…'] })", given)
  if (mistake !== undefined) throw new CaracalConfigError([mistake])
  const [requirements] = given
  const checked = readRequirements(requirements)
  const hold = async (c: Context): Promise<void> => {
    const admission = admissions.get(c)
    if (admission === undefined) {
      logOnce(
        checked,
        'requireMandate',
        'requireMandate found no verified mandate: put app.use(caracal()) before it, and do not exclude its path',
      )
      throw exceptionFor(deny('server_error'))
    }
    const { by, mandate } = admission
    const { guard, rules } = by
    const denial = guard.holdTo([checked], mandate, rules, c.req.raw)
    // What `onDecision` read has shown that the guard is another environment's: the right one is given the event, too.
    if (!by.stands()) return admission.again().then(() => hold(c))
    if (denial !== undefined) refuse(c, refused(guard, c.req.raw, denial))
  }
  return async (c, next) => {
    await hold(c)
    return next()
  }
}

/** How Hono reads the path, and the pattern under which the guard is mounted. */
function routedPath(c: Context): RoutedPath {
  // The request may be admitted once more, later, when the context is at another route.
  const { path, routeIndex } = c.req
  return {
    path,
    mountedAt: () => {
      const route: { readonly path: string; readonly basePath?: string } | undefined =
        c.req.matchedRoutes[routeIndex]
      return route?.basePath ?? route?.path ?? '/'
    },
  }
}
