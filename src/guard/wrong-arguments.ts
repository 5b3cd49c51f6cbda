// What was probably meant by arguments that cannot be used: in another order, not called, not created. For messages only.

import { memberOf } from '../lib/own-member.ts'
import { isClass, typeOf } from '../lib/type-of.ts'

/** A function that guards a handler, and what it takes in place of an object with a fetch method. */
interface HandlerGuard {
  readonly name: string
  readonly forApps: string
}

const WITH_CARACAL: HandlerGuard = { name: 'withCaracal', forApps: 'use guardFetch' }
export const GUARD_MCP: HandlerGuard = {
  name: 'guardMcp',
  forApps: 'call it in a function: (request, { mcp }) => server.fetch(request, mcp)',
}

/** What is wrong with the arguments of `withCaracal` or its like, or `undefined`. */
export function mistakeInHandler(
  handler: unknown,
  options: unknown,
  guard: HandlerGuard = WITH_CARACAL,
): string | undefined {
  if (typeof handler === 'function' && !isClass(handler))
    return missingOptions(`${guard.name}(handler, options)`, options)
  return `the first argument must be the handler, a function: ${handlerAdvice(handler, options, guard)}`
}

function handlerAdvice(handler: unknown, options: unknown, { name, forApps }: HandlerGuard): string {
  if (isRequest(handler)) return uncalled(name)
  if (hasMethod(handler, 'fetch')) return `for an object with a fetch method, ${forApps}`
  if (typeof options === 'function' || hasMethod(options, 'fetch'))
    return `it comes before the options, ${name}(handler, options)`
  return `it is ${withHint(handler)}. For an object with a fetch method, ${forApps}`
}

/** What is wrong with the arguments of `guardFetch`, or `undefined`. */
export function mistakeInApp(app: unknown, appFetch: unknown, options: unknown): string | undefined {
  if (typeof appFetch === 'function') return missingOptions('guardFetch(app, options)', options)
  return `the first argument must be an object with a fetch method: ${appAdvice(app, options)}`
}

function appAdvice(app: unknown, options: unknown): string {
  if (isRequest(app)) return uncalled('guardFetch')
  if (isClass(app)) return 'it is a class, so create an instance with new'
  if (hasMethod(options, 'fetch')) return 'it comes before the options, guardFetch(app, options)'
  return `it is ${withHint(app)}. For a handler function, use withCaracal`
}

function missingOptions(call: string, options: unknown): string | undefined {
  return options === undefined
    ? `the second argument must be the options, ${call}: it is undefined`
    : undefined
}

/**
 * What is wrong if a framework calls a function itself that returns middleware, or if it gets more than it reads. Then
 * requirements could be ignored in silence. `undefined` if nothing is wrong.
 * @param call how to call it instead
 */
export function mistakeInCall(name: string, call: string, given: readonly unknown[]): string | undefined {
  const [first, second] = given
  if (typeof second === 'function') return `${name} is passed to the app without being called: write ${call}`
  // Of a path in front of the options, there is more to say.
  const isSurplus = given.length > 1 && typeof first !== 'string'
  return isSurplus ? `${name} takes one argument, with everything in it: write ${call}` : undefined
}

/** What was meant by options that are something else, or `undefined` if there is nothing to say. */
export function optionsAdvice(options: unknown): string | undefined {
  if (typeof options === 'string' && /^[/*]/.test(options))
    return "a path is not the options: pass it to the app, app.use('/path/*', caracal(options))"
  if (typeof options === 'function') return 'the options are a function that was not called: call it'
  if (hasMethod(options, 'mint')) return 'a test issuer is not the options: pass its options, issuer.options'
  if (hasMethod(options, 'lookup')) return 'a store is not the options: write { revocations: store }'
  const type = typeOf(options)
  if (type === 'a Response' || type === 'a Request')
    return `${type} is not the options: has a handler been given in place of an options function?`
  return undefined
}

function uncalled(name: string): string {
  return `it is a request, so ${name} itself was exported or passed to the platform. Call it, and export what it returns`
}

function withHint(value: unknown): string {
  if (['audience', 'revocations'].some((name) => memberOf(value, name) !== undefined))
    return 'the options, which come second'
  const type = typeOf(value)
  return type === 'a promise' ? 'a promise, so await it first' : type
}

/** Of the platform: another realm's request has another class. */
function isRequest(value: unknown): boolean {
  return (
    typeOf(value) === 'a Request' ||
    (hasMethod(value, 'arrayBuffer') && memberOf(value, 'method') !== undefined)
  )
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof memberOf(value, name) === 'function'
}
