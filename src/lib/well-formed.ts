// Whether a text can be held in UTF-8 as it is. Half of a surrogate pair cannot: it becomes U+FFFD on the way.

const LONE_SURROGATE = /\p{Surrogate}/u

export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}
