// What Node, Bun, Deno, Next.js and edge runtimes have: variables. For Workers, the `workerd` condition of package.json
// selects runtime-environment.workerd.ts.

import { ioSharing } from './io-sharing.ts'
import { ownMember } from './own-member.ts'

interface DenoNamespace {
  readonly env: { get(name: string): unknown }
}

/** A variable of the runtime's environment, or `undefined` where there is none or access is denied. */
export function runtimeVariable(name: string): unknown {
  const deno = denoVariable(name)
  if (deno !== undefined) return deno.value
  try {
    return ownMember(ownMember(ownMember(globalThis, 'process'), 'env'), name)
  } catch {
    return undefined
  }
}

/** Whether two requests may find different values. These belong to the process. */
export const variablesVary: boolean = false

/** What to do so that a variable can be read, where the runtime denies it. */
export function deniedVariable(name: string): string | undefined {
  return denoVariable(name)?.isDenied ? `Deno may not read ${name}: run it with --allow-env` : undefined
}

/** `undefined` on other runtimes. */
function denoVariable(name: string): { readonly value: unknown; readonly isDenied: boolean } | undefined {
  const deno = ownMember(globalThis, 'Deno')
  if (deno === undefined) return undefined
  try {
    return { value: (deno as DenoNamespace).env.get(name), isDenied: false }
  } catch {
    return { value: undefined, isDenied: true }
  }
}

/** There is no common way here. Most of these runtimes let work go on after the request that has begun it. */
export function keepRunning(_work: Promise<unknown>): void {}

/** Whether it is known that work goes on after the request that has begun it: where I/O belongs to the process. */
export function keepsWorkRunning(): boolean {
  return ioSharing() === 'free'
}
