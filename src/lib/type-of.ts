// Names the type of a value for messages, never the value itself.

import { isPlainObject, memberOf, ownMember } from './own-member.ts'
import { isThenable } from './thenable.ts'

/** The type of a value with its article, such as `a string`, `a list`, `a RegExp` or `an instance of a class Store`. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  if (typeof value === 'number') return Number.isFinite(value) ? 'a number' : String(value)
  if (typeof value === 'function') return isClass(value) ? 'a class' : 'a function'
  if (typeof value !== 'object') return `a ${typeof value}`
  try {
    return typeOfObject(value)
  } catch {
    return 'an object that cannot be read'
  }
}

/** A class, which has to be called with `new`. Only its own text tells it from a function. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

/** The same, where a string is expected. In Workers, a secret of the Secrets Store is an object that promises one. */
export function typeInsteadOfText(value: unknown): string {
  const type = typeOf(value)
  if (!/^an (object|instance)/.test(type) || typeof memberOf(value, 'get') !== 'function') return type
  return 'an object with a `get` method, such as a secret of the Secrets Store (await its get(), and pass the text as an option)'
}

/** Classes of the language and of the web, which need no explanation. */
const PLATFORM_CLASSES =
  /^(RegExp|Date|Map|Set|WeakMap|WeakSet|URL|URLSearchParams|Headers|Request|Response|FormData)$/

function typeOfObject(value: object): string {
  if (Array.isArray(value)) return 'a list'
  if (isThenable(value)) return 'a promise'
  if (isPlainObject(value)) return 'an object'
  const name = className(value)
  if (name !== undefined && PLATFORM_CLASSES.test(name)) return `a ${name}`
  return name === undefined ? 'an object that inherits from another' : `an instance of a class ${name}`
}

/** Bundlers number the classes that stand in for others: those of @hono/node-server are `Request$1` and `Response$1`. */
const CLASS_NAME = /^(\w{1,60})(?:\$\d{1,3})?$/

function className(value: object): string | undefined {
  const prototype = Reflect.getPrototypeOf(value)
  const maker = prototype === null ? undefined : ownMember(prototype, 'constructor')
  const name: unknown = typeof maker === 'function' ? maker.name : undefined
  return typeof name === 'string' ? CLASS_NAME.exec(name)?.[1] : undefined
}
