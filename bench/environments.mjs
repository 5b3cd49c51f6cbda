// `npm run bench:environments`: what it costs to find the guard of a request's environment.
// @ts-check

import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'

const BINDINGS = 30
const CALLS = 2_000
const ROUNDS = 9

const issuer = createTestIssuer()
const { audience, ...others } = issuer.options
const token = await issuer.mint()
const request = new Request('https://api.test/', { headers: { authorization: `Bearer ${token}` } })
const members = Object.fromEntries(Array.from({ length: BINDINGS }, (_, index) => [`BINDING_${index}`, {}]))
const bindings = { ...members, CARACAL_AUDIENCE: audience, TENANT: 'a' }

/** @typedef {typeof bindings} Env */

/** As instrumentation passes bindings: a new Proxy with every request. @param {Env} env */
const instrumented = (env) =>
  new Proxy(env, { get: (target, name, receiver) => Reflect.get(target, name, receiver) })

/** @type {Record<string, () => Env>} */
const ENVIRONMENTS = {
  'the same object': () => bindings,
  [`a new Proxy of ${BINDINGS} bindings`]: () => instrumented(bindings),
  'a new plain object': () => ({ ...bindings }),
}

const say = () => new Response()
/** @type {Record<string, () => (request: Request, env: Env) => Promise<Response>>} */
const OPTIONS = {
  'options as a function of two members': () =>
    withCaracal(say, (/** @type {Env} */ env) => ({
      ...others,
      audience: env.TENANT === 'a' ? env.CARACAL_AUDIENCE : 'nobody',
    })),
  'options as an object, all said': () => withCaracal(say, issuer.options),
}

/** @param {readonly number[]} values */
const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

console.warn = () => {}
for (const [options, build] of Object.entries(OPTIONS)) {
  for (const [title, environment] of Object.entries(ENVIRONMENTS)) {
    const guarded = build()
    const rounds = []
    for (let round = 0; round < ROUNDS; round++) {
      const start = performance.now()
      for (let call = 0; call < CALLS; call++) {
        const { status } = await guarded(request, environment())
        if (status !== 200) throw new Error(`answered ${status}`)
      }
      rounds.push(((performance.now() - start) / CALLS) * 1000)
    }
    console.log(`${options}; ${title}: ${median(rounds)?.toFixed(1)} µs for each request`)
  }
}
