// Whether a text can be encoded as UTF-8 without loss. A lone surrogate cannot: it becomes U+FFFD.

const LONE_SURROGATE = /\p{Surrogate}/u

export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
