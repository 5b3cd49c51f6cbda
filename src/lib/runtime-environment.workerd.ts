// Reads the bindings of a Worker. They are available before the first request, with or without Node compatibility.

import { env } from 'cloudflare:workers'
import { ownMember } from './own-member.ts'

/** A binding of this Worker. */
export function runtimeVariable(name: string): unknown {
  return ownMember(env, name)
}
