// Guards the `fetch` of an object, and passes its other members through.

import { CaracalConfigError } from '../decision/errors.ts'
import { admit, warmUp } from '../guard/admit.ts'
import { guardPerEnvironment } from '../guard/environments.ts'
import type { NoOtherOption } from '../guard/exact-options.ts'
import { answerForeign } from '../guard/foreign-request.ts'
import type { CaracalOptions } from '../guard/options.ts'
import { mistakeInApp } from '../guard/wrong-arguments.ts'
import { classMember } from '../lib/own-member.ts'
import { type AppMembers, facadeOf, frameworkMethods, membersOf, servedPastFetch } from './app-facade.ts'
import { refusableSockets } from './bun-sockets.ts'

/** An object with a `fetch`: a Workers `ExportedHandler`, a default export of Deno or Bun, an app of a framework. */
export interface FetchApp {
  // Optional, as in the type of Workers. An app without it is a configuration error.
  fetch?(request: Request, ...platform: never[]): unknown
}

type FetchOf<App extends FetchApp> = NonNullable<App['fetch']>

/** The parameters of the app's `fetch` after the request. */
type PlatformOf<App extends FetchApp> =
  FetchOf<App> extends (request: never, ...platform: infer Platform) => unknown ? Platform : never

type RequestOf<App extends FetchApp> = Extract<Parameters<FetchOf<App>>[0], Request>

/** The result of its `fetch`. On Bun, `undefined` for a request that has become a WebSocket. */
type AnswerOf<App extends FetchApp> =
  | Awaited<ReturnType<FetchOf<App>>>
  | Response
  | (App extends { readonly websocket: unknown } ? undefined : never)

type GuardedFetchOf<App extends FetchApp> = (
  request: [RequestOf<App>] extends [never] ? Request : RequestOf<App>,
  ...platform: PlatformOf<App>
) => Promise<AnswerOf<App>>

/** The result of `guardFetch`: the app with a guarded `fetch`. */
export type GuardedApp<App extends FetchApp> = Omit<App, 'fetch'> & {
  get fetch(): GuardedFetchOf<App> & {
    /** Fetches the key sets before the first request; see `GuardedFetch.warmup`. */
    warmup(...platform: PlatformOf<App>): Promise<void>
  }
  /** Instrumentation may replace it with a function that calls it. */
  set fetch(instrumented: GuardedFetchOf<App>)
}

/** Declared as a method, so that the options function may have narrower parameter types than a framework's `fetch`. */
type OptionsFor<App extends FetchApp, Given> = {
  given(...platform: PlatformOf<App>): CaracalOptions & Given & NoOtherOption<Given>
}['given']

/**
 * Guards the `fetch` of an app. Its other members (`scheduled`, `queue`, `websocket`, `port`, …) are passed through as
 * they are at the time of the call; methods keep the app as their `this`. If the app is an instance of a class, like those
 * of frameworks, only the members that platforms use are passed through: its other methods could bypass the guard. The
 * app's code gets the mandate with `mandateOf(request)`, and what can still be asked about it with `authorityOf(request)`.
 *
 * The app itself is not changed: its own `fetch` is not guarded. Instrumentation can wrap the guarded one:
 * `guarded.fetch = wrap(guarded.fetch)`. Then refused requests pass the wrapper, too.
 *
 * On Bun, a refused WebSocket upgrade is answered in plain HTTP. With `websocketDenial: 'close'` the upgrade is accepted
 * and the socket closed at once with the reason; the app's `websocket` handlers are not called. For this, the server must
 * have the `websocket` of the guarded app, not the app's own or a changed copy.
 *
 * @param options as in `withCaracal`
 * @throws {CaracalConfigError} naming every mistake in the options, or that the app has no `fetch`, has `routes` that Bun
 *   would serve without calling it, or is a copy of a framework's app (`{ ...app }`)
 * @example
 * ```ts
 * export default guardFetch(app, { audience: 'resource://billing-api', revocations })
 * ```
 */
export function guardFetch<App extends FetchApp, Given = CaracalOptions>(
  app: App,
  options: CaracalOptions | OptionsFor<App, Given>,
): GuardedApp<App> {
  const appFetch = fetchOf(app, options)
  const members = membersOf(app)
  assertReachedByFetchAlone(members)
  const guardFor = guardPerEnvironment(options)
  const sockets = refusableSockets(app)

  const guarded = async (request: Request, ...platform: readonly unknown[]): Promise<unknown> => {
    const foreign = answerForeign(request, platform)
    if (foreign !== undefined) return foreign
    const passage = await admit(guardFor, platform, request)
    if (passage.denial !== undefined) {
      // Used only with `websocketDenial: 'close'`, which promises that Bun's server has the handlers below.
      return passage.refusalBy(sockets?.closeBy(platform[0]))
    }
    return Reflect.apply(appFetch, app, [request, ...platform])
  }
  return facadeOf(app, members, {
    fetch: Object.assign(guarded, { warmup: (...given: unknown[]) => warmUp(guardFor, given) }),
    ...(sockets !== undefined && { websocket: sockets.handlers }),
  }) as GuardedApp<App>
}

function isFetch(value: unknown): value is NonNullable<FetchApp['fetch']> {
  return typeof value === 'function'
}

function fetchOf(app: FetchApp, options: unknown): NonNullable<FetchApp['fetch']> {
  // It may be inherited from a class, as in frameworks.
  const appFetch = classMember(app, 'fetch')
  const mistake = mistakeInApp(app, appFetch, options)
  if (isFetch(appFetch) && mistake === undefined) return appFetch
  throw new CaracalConfigError([mistake ?? 'the first argument must be an object with a fetch method'])
}

function assertReachedByFetchAlone(members: AppMembers): void {
  const [method] = frameworkMethods(members)
  if (method !== undefined) {
    throw new CaracalConfigError([
      `the first argument has a method ${method}, as a copy of a framework's app: its handlers could be reached past the guard. Pass the app itself, or an object with its fetch and what the platform needs`,
    ])
  }
  const pastFetch = servedPastFetch(members)
  if (pastFetch.length === 0) return
  throw new CaracalConfigError(
    pastFetch.map(
      (name) =>
        `Bun serves the ${name} of an app without calling its fetch: wrap each handler in withCaracal instead. If this is a copy of a framework's app, pass the app itself`,
    ),
  )
}
