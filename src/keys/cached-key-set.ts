// What a key set cache holds of one zone: how it is named, written, and checked when it is read.

import { digestOf } from '../lib/digest.ts'
import { jsonIn } from '../lib/json.ts'
import { MAX_CACHED_KEY_SET_LENGTH } from '../lib/limits.ts'
import { logOnce } from '../lib/log.ts'
import { bare, isPlainObject, ownMember } from '../lib/own-member.ts'
import { kindOf } from '../lib/thrown.ts'
import { within } from '../lib/time-limit.ts'
import type { KeyDocument } from './key-document.ts'
import type { KeySetCache } from './key-set-cache.ts'
import { readKeyDocument } from './read-key-document.ts'

/** What a key set belongs to. */
export interface KeySetOrigin {
  readonly issuer: string
  readonly zone: string
  readonly url: string
}

export interface CachedDocument {
  readonly document: KeyDocument
  /** When the request to the STS was made that brought it, in milliseconds since 1970. */
  readonly fetchedAt: number
}

/** Nothing that the cache does is thrown. */
export class CachedKeySet {
  readonly #origin: KeySetOrigin
  readonly #cache: KeySetCache
  #name: string | undefined

  constructor(origin: KeySetOrigin, cache: KeySetCache) {
    this.#origin = origin
    this.#cache = cache
  }

  /** `undefined` if there is none, or it is not one of this origin, or could not be the answer of an STS. */
  async read(limitMs: number): Promise<CachedDocument | undefined> {
    try {
      const answer = await within(limitMs, this.#get())
      if (answer.ok && (answer.value === undefined || answer.value === null)) return undefined
      const found = answer.ok ? await this.#documentIn(answer.value) : undefined
      const what = answer.ok ? 'brought no key set of this issuer, zone and URL' : `took over ${limitMs} ms`
      if (found === undefined) this.#report('get', what)
      return found
    } catch (error) {
      this.#report('get', `threw ${kindOf(error)}`)
      return undefined
    }
  }

  async write({ document: { jwks }, fetchedAt }: CachedDocument, ttlMs: number, limitMs: number) {
    // A private key that is published by mistake must not be spread further.
    if (jwks.some((jwk) => Object.hasOwn(jwk, 'd'))) return
    const text = JSON.stringify(bare({ ...this.#origin, fetchedAt, keys: jwks.map(bare) }))
    if (text.length > MAX_CACHED_KEY_SET_LENGTH) return
    try {
      const put = async () => this.#cache.put(await this.#named(), text, Math.max(1, Math.ceil(ttlMs / 1000)))
      const ended = await within(limitMs, put())
      if (!ended.ok) this.#report('put', `took over ${limitMs} ms`)
    } catch (error) {
      this.#report('put', `threw ${kindOf(error)}`)
    }
  }

  async #get(): Promise<unknown> {
    return this.#cache.get(await this.#named())
  }

  async #documentIn(text: unknown): Promise<CachedDocument | undefined> {
    if (typeof text !== 'string' || text.length > MAX_CACHED_KEY_SET_LENGTH) return undefined
    const json = jsonIn(text)
    if (!isPlainObject(json)) return undefined
    const { issuer, zone, url } = this.#origin
    const isOurs =
      ownMember(json, 'issuer') === issuer &&
      ownMember(json, 'zone') === zone &&
      ownMember(json, 'url') === url
    const fetchedAt = ownMember(json, 'fetchedAt')
    if (!isOurs || typeof fetchedAt !== 'number') return undefined
    const read = await readKeyDocument(json, new URL(url).host)
    return read.ok ? { document: read.value, fetchedAt } : undefined
  }

  /** A digest: it is short, and says nothing of the configuration. */
  async #named(): Promise<string> {
    if (this.#name !== undefined) return this.#name
    const { issuer, zone, url } = this.#origin
    // Not JSON: a `toJSON` on `Object.prototype` must not give all of them one name.
    const origin = [issuer, zone, url].map(encodeURIComponent).join(' ')
    this.#name = `caracal-keys-${await digestOf(origin)}`
    return this.#name
  }

  /** Requests go on without the cache, so that nobody would notice. */
  #report(method: 'get' | 'put', what: string): void {
    logOnce(this.#cache, `${method} ${what}`, `keySet.cache: ${method} ${what}`)
  }
}
