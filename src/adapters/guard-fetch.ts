// Puts the guard in front of an object with a `fetch`, which stays as it is otherwise.

import { CaracalConfigError } from '../decision/errors.ts'
import { admit } from '../guard/admit.ts'
import { guardPerEnvironment } from '../guard/environments.ts'
import type { CaracalOptions } from '../guard/options.ts'
import { classMember } from '../lib/own-member.ts'
import { type AppMembers, facadeOf, membersOf, servedPastFetch } from './app-facade.ts'
import { refusableSockets } from './bun-sockets.ts'

/** An object with a `fetch`: a Workers `ExportedHandler`, a default export of Deno or Bun, an app of a framework. */
export interface FetchApp {
  // Optional, since that is how Workers' own type has it. An app without one is refused when it is guarded.
  fetch?(request: Request, ...platform: never[]): unknown
}

type FetchOf<App extends FetchApp> = NonNullable<App['fetch']>

/** What the app's `fetch` takes besides the request. */
export type PlatformOf<App extends FetchApp> =
  FetchOf<App> extends (request: never, ...platform: infer Platform) => unknown ? Platform : never

type RequestOf<App extends FetchApp> = Extract<Parameters<FetchOf<App>>[0], Request>

/** What its `fetch` answers. In Bun that is nothing, once a request has become a WebSocket. */
type AnswerOf<App extends FetchApp> =
  | Awaited<ReturnType<FetchOf<App>>>
  | Response
  | (App extends { readonly websocket: unknown } ? undefined : never)

/** What `guardFetch` gives: the app, with its `fetch` guarded. */
export type GuardedApp<App extends FetchApp> = Readonly<Omit<App, 'fetch'>> & {
  readonly fetch: {
    (
      request: [RequestOf<App>] extends [never] ? Request : RequestOf<App>,
      ...platform: PlatformOf<App>
    ): Promise<AnswerOf<App>>
    /** Fetches the key sets before the first request; see `GuardedFetch.warmup`. */
    warmup(...platform: PlatformOf<App>): Promise<void>
  }
}

/** The options function may name narrower types than a framework's `fetch`, which is why it is no plain function. */
type OptionsFor<App extends FetchApp> = {
  given(...platform: PlatformOf<App>): CaracalOptions
}['given']

/**
 * Guards the `fetch` of an app. Its other members (`scheduled`, `queue`, `websocket`, `port`, …) are passed through
 * as they are now, methods with the app itself as their `this`. Of an app that is an instance of a class, as those
 * of frameworks are, only what platforms read is passed through: its routes and methods would lead past the guard.
 * Code of the app gets the mandate by `mandateOf(request)`.
 *
 * The app itself is not changed, so that its own `fetch` is not guarded, nor what calls it. In Bun a refused upgrade
 * is answered in plain HTTP. With `websocketDenial: 'close'` it is accepted and closed at once with the reason, and
 * the app's `websocket` never hears of it; that holds only where the server has been given the guarded app's own
 * `websocket`, and not the app's, nor a copy with other handlers.
 *
 * @param options as in `withCaracal`
 * @throws {CaracalConfigError} naming every mistake in the options, or that the app has no `fetch`
 * @example
 * ```ts
 * export default guardFetch(app, { audience: 'resource://billing-api', revocations })
 * ```
 */
export function guardFetch<App extends FetchApp>(
  app: App,
  options: CaracalOptions | OptionsFor<App>,
): GuardedApp<App> {
  const appFetch = fetchOf(app)
  const members = membersOf(app)
  assertServedByFetch(members)
  const guardFor = guardPerEnvironment(options)
  const sockets = refusableSockets(app)

  const guarded = async (request: Request, ...platform: readonly unknown[]): Promise<unknown> => {
    const passage = await admit(guardFor(platform), request)
    if (passage.denial !== undefined) {
      // Bun's server does not show its handlers. `websocketDenial: 'close'` says that they are those below.
      return passage.refusalBy(sockets?.closeBy(platform[0]))
    }
    return Reflect.apply(appFetch, app, [request, ...platform])
  }
  return facadeOf(app, members, {
    fetch: Object.assign(guarded, { warmup: async (...given: unknown[]) => guardFor(given).warmup() }),
    ...(sockets !== undefined && { websocket: sockets.handlers }),
  }) as GuardedApp<App>
}

function isFetch(value: unknown): value is NonNullable<FetchApp['fetch']> {
  return typeof value === 'function'
}

function fetchOf(app: FetchApp): NonNullable<FetchApp['fetch']> {
  // It may come from a class, as those of frameworks do.
  const appFetch = typeof app === 'object' && app !== null ? classMember(app, 'fetch') : undefined
  if (isFetch(appFetch)) return appFetch
  throw new CaracalConfigError([
    'the first argument must be an object with a fetch: for a handler that is a function, take withCaracal',
  ])
}

function assertServedByFetch(members: AppMembers): void {
  const pastFetch = servedPastFetch(members)
  if (pastFetch.length === 0) return
  throw new CaracalConfigError(
    pastFetch.map(
      (name) => `Bun serves the ${name} of an app past its fetch: give each of them withCaracal instead`,
    ),
  )
}
