// The option `keySet`, checked and compiled.

import { type Check, functionOf, milliseconds, type Reporter, timeLimit } from '../lib/checks.ts'
import { bare, isObject, memberOf, ownMember } from '../lib/own-member.ts'
import { objectOf } from '../lib/read-options.ts'
import { isThenable } from '../lib/thenable.ts'
import { typeOf } from '../lib/type-of.ts'
import { documentUrl } from '../lib/urls.ts'
import type { KeySetCache } from './key-set-cache.ts'
import type { InlineKeySet, KeySetOptions } from './key-set-options.ts'
import { signingKeys } from './signing-key.ts'

export type KeySetting = InlineKeys | RemoteKeys

interface InlineKeys {
  readonly source: 'inline'
  readonly jwks: InlineKeySet
}

export interface RemoteKeys {
  readonly source: 'issuer'
  /** `undefined` for the place below the issuer. */
  readonly url: string | undefined
  /** `undefined` for the global `fetch`, which is looked up at each use. */
  readonly fetch: KeySetOptions['fetch']
  readonly cache: KeySetCache | undefined
  readonly maxAgeMs: number
  readonly maxStaleMs: number
  readonly cooldownMs: number
  readonly timeoutMs: number
}

export const DEFAULT_KEY_SETTING: RemoteKeys = Object.freeze({
  source: 'issuer',
  url: undefined,
  fetch: undefined,
  cache: undefined,
  maxAgeMs: 300_000,
  maxStaleMs: 600_000,
  cooldownMs: 30_000,
  timeoutMs: 5_000,
})

const anyFunction = functionOf<NonNullable<KeySetOptions['fetch']>>()

const fetchOption: typeof anyFunction = (value, report) => {
  if (typeof memberOf(value, 'fetch') !== 'function') return anyFunction(value, report)
  report(
    'must be a function, not an object with a fetch method: write (url, init) => binding.fetch(url, init)',
  )
  return undefined
}

const readKeySetOptions = objectOf({
  jwks: inlineKeys,
  url: documentUrl,
  fetch: fetchOption,
  cache: keySetCache,
  maxAgeMs: milliseconds,
  maxStaleMs: milliseconds,
  cooldownMs: milliseconds,
  timeoutMs: timeLimit,
})

export const keySetting: Check<KeySetting> = (value, report) => {
  if (typeof value === 'string') {
    report("must be an object, not a string: for the URL of the key set, write { url: '…' }")
    return undefined
  }
  const options = readKeySetOptions(value, report)
  if (options === undefined) return undefined
  const { jwks, ...fetched } = options
  if (jwks === undefined) return Object.freeze({ ...DEFAULT_KEY_SETTING, ...fetched })
  for (const option of Object.keys(fetched)) {
    report.at(`.${option}`)(`has no effect with ${report.place}.jwks: inline keys are never fetched`)
  }
  return Object.freeze({ source: 'inline', jwks })
}

function keySetCache(value: unknown, report: Reporter): KeySetCache | undefined {
  const isCache = ['get', 'put'].every((method) => typeof memberOf(value, method) === 'function')
  if (isCache) return value as KeySetCache
  report(
    `must be an object with the methods \`get\` and \`put\`, such as workersKeySetCache, not ${typeOf(value)}`,
  )
  return undefined
}

function inlineKeys(value: unknown, report: Reporter): InlineKeySet | undefined {
  const keys = ownMember(value, 'keys')
  if (!Array.isArray(keys)) {
    const isKey = isObject(value) && Object.hasOwn(value, 'kty')
    report(
      `must be a JSON Web Key Set, { keys: […] }, not ${isKey ? 'a single key' : typeOf(value)}${jwksAdvice(value)}`,
    )
    return undefined
  }
  if (!signingKeys(keys).some(({ kid }) => kid !== undefined))
    report(
      'contains no EC key on P-256 with a kid, for ES256 signatures, so that no mandate could be verified',
    )
  else if (!keys.every(isObject)) report('contains a key that is not an object')
  else if (keys.some((key) => Object.hasOwn(key, 'd'))) report('contains a private key: use public keys only')
  else if (!keys.every(isJson)) report('contains a key that cannot be written as JSON')
  else return structuredClone({ keys })
  return undefined
}

/** Not so for a key that holds itself or a BigInt. */
function isJson(key: object): boolean {
  try {
    JSON.stringify(bare(key))
    return true
  } catch {
    return false
  }
}

function jwksAdvice(value: unknown): string {
  if (isThenable(value)) return ': await it first'
  if (typeof value !== 'string') return ''
  return value.trimStart().startsWith('{') ? ': parse it with JSON.parse' : ': a URL belongs in keySet.url'
}
