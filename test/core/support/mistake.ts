// An invalid configuration, and what its error must say.

export interface Mistake {
  /** Merged into valid options. Their values must never occur in a message. */
  readonly options: Readonly<Record<string, unknown>>
  readonly says: readonly string[]
}
