// Variables of Node, Bun, Deno, Next.js and edge runtimes. The `workerd` condition picks the file beside this one.

import { ownMember } from './own-member.ts'

interface Deno {
  readonly env: { get(name: string): unknown }
}

/** A variable of the runtime's environment. A runtime without one, or that denies access, has none. */
export function runtimeVariable(name: string): unknown {
  const deno = ownMember(globalThis, 'Deno')
  try {
    if (deno !== undefined) return (deno as Deno).env.get(name)
    return memberIn(memberIn(ownMember(globalThis, 'process'), 'env'), name)
  } catch {
    return undefined // Deno without --allow-env
  }
}

function memberIn(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? ownMember(object, name) : undefined
}
