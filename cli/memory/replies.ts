// What a command of the Redis in memory replies.

/** A text is a value as it is stored; a status is what Redis says itself. */
export type Reply = string | number | null | Status | Refusal | readonly Reply[]

export class Status {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export const OK = new Status('OK')

/** An error that is a reply. */
export class Refusal extends Error {}

export function refuse(message: string): never {
  throw new Refusal(message)
}

export const wrongNumber = (name: string) => refuse(`ERR wrong number of arguments for '${name}' command`)
export const notServed = (what: string) =>
  refuse(
    `ERR ${what} is not served: this Redis is in memory and knows only the commands that caracal-edge sends. Install redis-server, or start caracal-edge dev with --redis`,
  )
