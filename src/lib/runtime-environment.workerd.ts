// What a Worker has of its runtime: bindings, with or without Node compatibility, and a way to keep work running.

// As a namespace: an import of a name that an older workerd lacks would keep the Worker from starting.
import * as workers from 'cloudflare:workers'
import { ownMember } from './own-member.ts'

/** A binding of this Worker. Available before the first request. */
export function runtimeVariable(name: string): unknown {
  return ownMember(workers.env, name)
}

/** Whether two requests may find different values, as by `withEnv`. */
export const variablesVary: boolean = true

/** Lets the work go on after the request that has begun it. Otherwise its promise would never settle. */
export function keepRunning(work: Promise<unknown>): void {
  try {
    workers.waitUntil?.(work)
  } catch {
    // At the top level of a module there is no request to extend.
  }
}

/** Whether `keepRunning` has an effect. An older workerd has no such function. */
export function keepsWorkRunning(): boolean {
  return typeof workers.waitUntil === 'function'
}

/** A Worker may read all of its bindings. */
export function deniedVariable(_name: string): undefined {
  return undefined
}
