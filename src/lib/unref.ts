// Lets a process end although a timer is set, where the runtime can.

import { memberOf } from './own-member.ts'

export function unref(timer: unknown): void {
  const method = memberOf(timer, 'unref')
  if (typeof method === 'function') Reflect.apply(method, timer, [])
}
