// The keys of one zone: when they are fetched, how long they serve, and what happens while they cannot be had.

import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose'
import { type KeySetFault, KeySetUnavailableError } from '../decision/errors.ts'
import { isWithin } from '../lib/is-within.ts'
import { KEY_SET_GRACE_MS } from '../lib/limits.ts'
import { bare } from '../lib/own-member.ts'
import { LATE, within } from '../lib/time-limit.ts'
import { boundedFetch, KeySetFetchError } from './key-set-fetch.ts'
import type { FetchedKeys, InlineKeys, KeySetting } from './key-setting.ts'

/** Stands for one fetched document: what was verified with its keys holds only while it is in force. */
export type KeySetVersion = object

export interface KeySet {
  /** The version in force, or `undefined` when it has to be fetched first. Never waits. */
  version(nowMs: number): KeySetVersion | undefined
  /**
   * The key of this id and the version it was found in, or `undefined` when the zone has no such key.
   * @throws {KeySetUnavailableError} when that cannot be known
   */
  find(kid: string): Promise<{ readonly key: CryptoKey; readonly version: KeySetVersion } | undefined>
  /** Fetches the keys unless they are there. */
  load(): Promise<void>
}

/** jose finds keys by algorithm, use and id; only ES256 is ever asked for. */
type Lookup = (header: { alg: 'ES256'; kid: string }) => Promise<CryptoKey>

/**
 * The key set of a zone. One for each issuer, zone and setting in the isolate, so that guards share what they
 * fetched, also after their options were resolved anew.
 */
export function keySetOf(issuer: string, zoneId: string, setting: KeySetting): KeySet {
  if (setting.source === 'inline') return new InlineKeySet(setting.jwks)
  const { fetch, maxAgeMs, maxStaleMs, cooldownMs, timeoutMs } = setting
  const url = `${issuer}/.well-known/jwks.json?zone_id=${encodeURIComponent(zoneId)}`
  const name = [url, maxAgeMs, maxStaleMs, cooldownMs, timeoutMs].join(' ')
  let shared = sharedKeySets.get(fetch ?? GLOBAL_FETCH)
  if (shared === undefined) {
    shared = new Map()
    sharedKeySets.set(fetch ?? GLOBAL_FETCH, shared)
  }
  let keySet = shared.get(name)
  if (keySet === undefined) {
    keySet = new FetchedKeySet(new URL(url), setting)
    shared.set(name, keySet)
  }
  return keySet
}

const GLOBAL_FETCH = {}
const sharedKeySets = new WeakMap<object, Map<string, KeySet>>()

class InlineKeySet implements KeySet {
  readonly #lookup: Lookup
  readonly #version: KeySetVersion = {}

  constructor(jwks: InlineKeys['jwks']) {
    this.#lookup = createLocalJWKSet({ keys: [...jwks.keys] })
  }

  version(): KeySetVersion {
    return this.#version
  }

  async find(kid: string) {
    const key = await lookUp(this.#lookup, kid)
    return key && { key, version: this.#version }
  }

  async load(): Promise<void> {}
}

/** A fetch under way. */
interface Flight {
  readonly startedAt: number
  /** What went wrong with it, if anything did. Never settles where the request that makes the fetch is gone. */
  readonly landed: Promise<KeySetFault | undefined>
}

/**
 * jose's remote set does the request, the parsing and the search; when to make the request is decided here, which
 * is why jose's own ages are out of use: its cooldown starts only after a success, and it keeps no stale set.
 *
 * A request that awaits another one's fetch has a timer of its own beside it: on Workers the promise of a request
 * that is gone never settles. When the wait took longer than any fetch can, one of those who wait takes over.
 */
class FetchedKeySet implements KeySet {
  readonly #lookup: Lookup
  readonly #reload: () => Promise<void>
  readonly #setting: FetchedKeys
  #version: KeySetVersion | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  /** When an unknown key last led to a fetch. */
  #soughtAt = Number.NEGATIVE_INFINITY
  /** The last failure, until a fetch succeeds. */
  #failure: { readonly at: number; readonly fault: KeySetFault } | undefined
  #flight: Flight | undefined

  constructor(url: URL, setting: FetchedKeys) {
    const remote = createRemoteJWKSet(
      url,
      bare({
        cacheMaxAge: Number.POSITIVE_INFINITY,
        cooldownDuration: Number.POSITIVE_INFINITY,
        timeoutDuration: setting.timeoutMs,
        [customFetch]: boundedFetch(setting.fetch),
      }),
    )
    this.#lookup = remote
    this.#reload = remote.reload
    this.#setting = setting
  }

  version(nowMs: number): KeySetVersion | undefined {
    return isWithin(this.#setting.maxAgeMs, this.#fetchedAt, nowMs) ? this.#version : undefined
  }

  async load(): Promise<void> {
    await this.#current()
  }

  async find(kid: string) {
    const askedAt = Date.now()
    const version = await this.#current()
    const key = await lookUp(this.#lookup, kid)
    if (key !== undefined) return { key, version }
    return this.#mayHaveRotated(askedAt) ? this.#seek(kid) : undefined
  }

  /** The version in force, fetched first where that is due. */
  async #current(): Promise<KeySetVersion> {
    const mayFetch = this.#flight !== undefined || !this.#isCoolingAfterFailure()
    if (this.version(Date.now()) === undefined && mayFetch) {
      const fault = await this.#refresh()
      if (fault === undefined && this.#version !== undefined) return this.#version
    }
    const lastsMs = Math.max(this.#setting.maxStaleMs, this.#setting.maxAgeMs)
    if (this.#version === undefined || !isWithin(lastsMs, this.#fetchedAt)) throw this.#unavailable()
    return this.#version
  }

  /** Whether a key that is not in the set could be in a newer one that this request may ask for. */
  #mayHaveRotated(askedAt: number): boolean {
    // A failed fetch leaves open whether the key exists: that is an outage, not an unknown key.
    if (this.#isCoolingAfterFailure()) throw this.#unavailable()
    if (this.#flight !== undefined) return true
    if (this.#fetchedAt >= askedAt) {
      // The set was fetched for this very request. That was the search.
      this.#soughtAt = this.#fetchedAt
      return false
    }
    return !this.#isCoolingAfterSearch()
  }

  async #seek(kid: string) {
    const fault = await this.#refresh(() => {
      // The search of a request that is gone counts as one: leaving does not have the keys fetched more often.
      if (this.#isCoolingAfterSearch()) throw this.#unavailable('timeout')
      this.#soughtAt = Date.now()
    })
    if (fault !== undefined) throw this.#unavailable(fault)
    const version = this.#version
    const key = await lookUp(this.#lookup, kid)
    return key && version && { key, version }
  }

  /**
   * Waits for the fetch under way, or makes one. Gives what went wrong with it, if anything did.
   * @param beforeFetch may throw to prevent it. Nothing is awaited between it and the fetch: one request makes it.
   */
  async #refresh(beforeFetch?: () => void): Promise<KeySetFault | undefined> {
    while (this.#flight !== undefined) {
      const flight = this.#flight
      // A flight outlives its time limit only if the request that flew it is gone, and its promise with it.
      const longestMs = this.#setting.timeoutMs + KEY_SET_GRACE_MS
      const leftMs = Math.min(longestMs, flight.startedAt + longestMs - Date.now())
      const fault = leftMs > 0 ? await within(leftMs, flight.landed) : LATE
      if (fault !== LATE) return fault
      if (this.#flight === flight) {
        this.#flight = undefined
        this.#failure = { at: flight.startedAt, fault: 'timeout' }
      }
    }
    beforeFetch?.()
    return this.#fly()
  }

  #fly(): Promise<KeySetFault | undefined> {
    const flight: Flight = {
      startedAt: Date.now(),
      landed: this.#reload().then(
        () => this.#land(flight, undefined),
        (error) => this.#land(flight, error instanceof KeySetFetchError ? error.fault : 'malformed'),
      ),
    }
    this.#flight = flight
    return flight.landed
  }

  #land(flight: Flight, fault: KeySetFault | undefined): KeySetFault | undefined {
    // Where it was taken over meanwhile, the newer fetch has the say about the set.
    if (this.#flight !== flight) return fault
    this.#flight = undefined
    if (fault === undefined) {
      this.#version = {}
      this.#fetchedAt = flight.startedAt
      this.#failure = undefined
    } else {
      this.#failure = { at: Date.now(), fault }
    }
    return fault
  }

  #isCoolingAfterFailure(): boolean {
    return this.#failure !== undefined && isWithin(this.#setting.cooldownMs, this.#failure.at)
  }

  #isCoolingAfterSearch(): boolean {
    return isWithin(this.#setting.cooldownMs, this.#soughtAt)
  }

  #unavailable(fault: KeySetFault = this.#failure?.fault ?? 'network'): KeySetUnavailableError {
    const waitMs = (this.#failure?.at ?? Date.now()) + this.#setting.cooldownMs - Date.now()
    return new KeySetUnavailableError(fault, Math.max(1, Math.ceil(waitMs / 1000)))
  }
}

async function lookUp(lookup: Lookup, kid: string): Promise<CryptoKey | undefined> {
  try {
    return await lookup({ alg: 'ES256', kid })
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined
    // Two keys of one id, a private key, a point off the curve: the set is at fault, not the mandate.
    throw new KeySetUnavailableError('malformed', 1)
  }
}
