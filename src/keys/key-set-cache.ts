// The contract of a cache through which isolates share key sets.

/**
 * Where isolates leave fetched key sets for each other, so that a new one can serve its first request without asking
 * the STS, and during an outage of it.
 *
 * **It is trusted like the configuration: whoever can write to it can sign mandates.** Use a place that only this
 * service writes to. What is in it is checked like an answer of the STS, and is ignored unless it was stored for the
 * same issuer, zone and URL, and is young enough: a set ages from its fetch, wherever it was kept meanwhile.
 *
 * A cache cannot hold a request up for more than a quarter of a second. If it fails, or says nothing that can be used,
 * the keys are fetched.
 *
 * @example Workers KV
 * ```ts
 * const keySetCache = (keys: KVNamespace): KeySetCache => ({
 *   get: (name) => keys.get(name),
 *   put: (name, text, ttlSeconds) => keys.put(name, text, { expirationTtl: Math.max(60, ttlSeconds) }),
 * })
 * ```
 */
export interface KeySetCache {
  /**
   * The text that was stored under this name, or nothing. A text of more than 65,536 characters is ignored.
   * @param name at most 80 letters, digits and hyphens; a different one for each issuer, zone and URL
   */
  get(name: string): string | null | undefined | PromiseLike<string | null | undefined>
  /**
   * Stores a text in place of any other one of that name. Requests do not wait for it, and are not affected if it fails.
   * @param ttlSeconds when the text has no more use: a whole number, 1 or more
   */
  put(name: string, text: string, ttlSeconds: number): unknown
}
