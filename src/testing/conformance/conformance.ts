// What every guard must do, as a list of checks for any test runner and for any guard.

import { isPlainObject, ownMember } from '../../lib/own-member.ts'
import { typeOf } from '../../lib/type-of.ts'
import { type Situation, situationsOf } from './case.ts'
import { type ConformanceFeature, FEATURES, featuresOf } from './features.ts'
import { GIVEN_CASES } from './given-cases.ts'
import { type MakeGuard, observe } from './observe.ts'
import { OWN_CASES } from './own-cases.ts'
import type { ConformanceGuard, ConformanceHandler, ConformanceSettings } from './settings.ts'
import { makeTestKeys } from './test-keys.ts'
import { judge, judgeRefusal, judgeServerError } from './verdict.ts'

/** One check of {@link conformance}. */
export interface ConformanceCheck {
  /** The name of the case. It stays the same from release to release. */
  readonly id: string
  /** What the situation is. It can name a test, and begins with the `id`. */
  readonly title: string
  readonly severity: 'critical' | 'high' | 'medium'
  /** What the guard must support for this check to say something. */
  readonly features: readonly ConformanceFeature[]
  /** Why the guard is not checked for this, in the words of `unsupported`; `undefined` where it is. */
  readonly skipped: string | undefined
  /**
   * Rejects with an `Error` that says what must happen and what the guard did instead. Where the check is skipped, it
   * rejects too, so that nothing unchecked passes.
   */
  readonly check: () => Promise<void>
}

/** The options of {@link conformance}. */
export interface ConformanceOptions {
  /** What the guard does not support, and why. The checks that need it are skipped, and say so. */
  readonly unsupported?: { readonly [Feature in ConformanceFeature]?: string }
  /**
   * The origin of an HTTP server of your own, which answers with `serve` of the settings: `http://127.0.0.1:8080`. Then
   * the guard fetches over a real network. Default: none is needed.
   */
  readonly origin?: string
}

/**
 * The cases that every guard of Caracal mandates must pass: forged, malformed, expired and revoked mandates, key sets
 * and stores that fail, requirements, routes, and mistakes in the options. They need no test runner and no network, and
 * can run at the same time, except those with the feature `environment`.
 *
 * @param makeHandler called for each case, with its settings. It makes a guard, and gives its fetch handler, or that and
 *   a `close`. To refuse options, it throws a `CaracalConfigError`
 * @throws {TypeError} if an argument is wrong
 * @example
 * ```ts
 * const checks = conformance(({ options, handler }) =>
 *   withCaracal((request, { caracal }) => handler(request, caracal), options),
 *   { unsupported: { upstash: 'the store is an object', environment: 'tests run at the same time' } },
 * )
 * for (const { title, skipped, check } of checks) {
 *   if (skipped === undefined) test(title, check)
 *   else test.skip(`${title} (${skipped})`, check)
 * }
 * ```
 */
export function conformance(
  makeHandler: (
    settings: ConformanceSettings,
  ) => ConformanceHandler | ConformanceGuard | Promise<ConformanceHandler | ConformanceGuard>,
  ...given: readonly [options?: ConformanceOptions]
): readonly ConformanceCheck[] {
  if (typeof makeHandler !== 'function') {
    throw new TypeError(
      `conformance takes a function that makes a guarded handler, not ${typeOf(makeHandler)}`,
    )
  }
  const { unsupported, origin } = read(given.length === 0 ? {} : given[0])
  let keys: ReturnType<typeof makeTestKeys> | undefined
  const world = async () => {
    keys ??= makeTestKeys()
    const isReal = origin !== undefined
    return {
      keys: await keys,
      origin: origin ?? 'https://conformance.test',
      isReal,
      make: makeHandler satisfies MakeGuard,
    }
  }

  function checkOf(
    situation: Situation,
    given: 'object' | 'function',
    run: () => Promise<void>,
  ): ConformanceCheck {
    const { id, title, from } = situation
    const features = featuresOf(situation, given)
    const skipped = features.map((feature) => unsupported.get(feature)).find((reason) => reason !== undefined)
    const [more, words] = given === 'object' ? ['', ''] : ['-by-function', ' (options as a function)']
    return Object.freeze({
      id: id + more,
      title: title + words,
      severity: from.severity,
      features,
      skipped,
      async check() {
        if (skipped !== undefined) throw new Error(`Not checked: ${skipped}`)
        await run().catch((error: unknown) => {
          throw new Error(sentence(situation, error), { cause: error })
        })
      },
    })
  }

  return [...GIVEN_CASES, ...OWN_CASES].flatMap(situationsOf).flatMap((situation) => {
    if (situation.expect.outcome !== 'config-error') {
      return [
        checkOf(situation, 'object', async () =>
          judge(situation, await observe(situation, await world(), 'object')),
        ),
      ]
    }
    const refused = async () => judgeRefusal(await observe(situation, await world(), 'object'))
    return [
      checkOf(situation, 'object', async () => void (await refused())),
      checkOf(situation, 'function', async () => {
        const error = await refused()
        judgeServerError(
          await observe(situation, await world(), 'function'),
          error,
          situation.gen.config ?? {},
        )
      }),
    ]
  })
}

function sentence({ id, from }: Situation, error: unknown): string {
  const rule = error instanceof Error ? error.message : String(error)
  return `${id}: ${rule}.${from.what === undefined ? '' : ` The situation: ${from.what}`}`
}

interface ReadOptions {
  readonly unsupported: ReadonlyMap<string, string>
  readonly origin: string | undefined
}

function read(options: unknown): ReadOptions {
  if (!isPlainObject(options))
    throw new TypeError(`The options of conformance must be an object, not ${typeOf(options)}`)
  const wrong = Object.keys(options).find((name) => name !== 'unsupported' && name !== 'origin')
  if (wrong !== undefined) throw new TypeError('The options of conformance are unsupported and origin')
  const origin = ownMember(options, 'origin')
  if (
    origin !== undefined &&
    !(typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin)
  ) {
    throw new TypeError('origin must be the origin of a server, such as http://127.0.0.1:8080')
  }
  const unsupported = ownMember(options, 'unsupported') ?? {}
  if (!isPlainObject(unsupported)) {
    throw new TypeError(`unsupported must be an object of features and reasons, not ${typeOf(unsupported)}`)
  }
  for (const [feature, reason] of Object.entries(unsupported)) {
    if (!FEATURES.some((each) => each === feature)) {
      throw new TypeError(
        `unsupported has a name that is no feature. The features are ${FEATURES.join(', ')}`,
      )
    }
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw new TypeError(`unsupported.${feature} must say why, in words`)
    }
  }
  return { unsupported: new Map(Object.entries(unsupported)), origin }
}
