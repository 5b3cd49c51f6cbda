// How a command ends.

export const EXIT = { done: 0, failed: 1, usage: 2 } as const

/** The command could not do what it was asked for. The message is printed as it is. */
export class Failure extends Error {}

/** The command was asked in a wrong way, or its environment is wrong. The message is printed as it is. */
export class UsageError extends Error {}

/** The class of an error, or the type of what else was thrown. What it says may quote a secret, and so may its name. */
export function kindOf(error: unknown): string {
  const name = error instanceof Error ? error.name : ''
  return /^\w{1,60}$/.test(name) ? name : typeof error
}
