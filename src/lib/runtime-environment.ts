// What Node, Bun, Deno, Next.js and edge runtimes have: variables. For Workers, the `workerd` condition of package.json
// selects runtime-environment.workerd.ts.

import { ownMember } from './own-member.ts'

interface DenoNamespace {
  readonly env: { get(name: string): unknown }
}

/** A variable of the runtime's environment, or `undefined` where there is none or access is denied. */
export function runtimeVariable(name: string): unknown {
  const deno = ownMember(globalThis, 'Deno')
  try {
    if (deno !== undefined) return (deno as DenoNamespace).env.get(name)
    return memberIn(memberIn(ownMember(globalThis, 'process'), 'env'), name)
  } catch {
    return undefined // Deno without --allow-env
  }
}

/** There is no common way here. Most of these runtimes let work go on after the request that has begun it. */
export function keepRunning(_work: Promise<unknown>): void {}

function memberIn(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? ownMember(object, name) : undefined
}
