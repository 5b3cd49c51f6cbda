// How platforms and instrumentation pass the same bindings: each time as another object.

const get = (target: object, name: PropertyKey, receiver: unknown): unknown =>
  Reflect.get(target, name, receiver)

/** As @sentry/cloudflare does it: a new Proxy with every request. A wrapped binding is always the same. */
function sentry(env: object): object {
  return new Proxy(env, {
    get(target, name, receiver) {
      const member = get(target, name, receiver)
      if (typeof member !== 'object' || member === null) return member
      const wrapped = wrappedBySentry.get(member) ?? new Proxy(member, {})
      wrappedBySentry.set(member, wrapped)
      return wrapped
    },
  })
}
const wrappedBySentry = new WeakMap<object, object>()

/**
 * As @microlabs/otel-cf-workers does it: a new Proxy with every request, which wraps a binding anew each time it is
 * read, and throws for a member that does not exist.
 */
export function openTelemetry(env: object): object {
  return new Proxy(env, {
    get(target, name, receiver) {
      const member = get(target, name, receiver)
      if (member === undefined || member === null) throw new TypeError('Cannot read properties of undefined')
      return typeof member === 'object' ? new Proxy(member, {}) : member
    },
  })
}

const ownEntries = (env: object) =>
  Reflect.ownKeys(env).map((name) => [name, Reflect.get(env, name)] as const)

export const WRAPPERS: Readonly<Record<string, <Env extends object>(env: Env) => Env>> = {
  'the same object': (env) => env,
  'a Proxy as of Sentry': (env) => sentry(env) as typeof env,
  'a Proxy as of OpenTelemetry': (env) => openTelemetry(env) as typeof env,
  'a Proxy in a Proxy': (env) => sentry(openTelemetry(env)) as typeof env,
  'a copy': (env) => ({ ...env }),
  'a frozen copy': (env) => Object.freeze({ ...env }),
  'a copy without a prototype': (env) => Object.assign(Object.create(null), env),
  'a copy of getters': (env) =>
    Object.defineProperties(
      {} as typeof env,
      Object.fromEntries(
        ownEntries(env).map(([name, value]) => [name, { get: () => value, enumerable: true }]),
      ),
    ),
}
