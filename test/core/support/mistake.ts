// A configuration that cannot be, and what its error has to say.

export interface Mistake {
  /** Laid over sound options. Their values must never be read in a message. */
  readonly options: Readonly<Record<string, unknown>>
  readonly says: readonly string[]
}
