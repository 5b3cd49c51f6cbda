// Live responses for tests: a source, its client, and what is left afterwards.

import { type LiveResponseOptions, liveResponse } from 'caracal-edge/live'
import { vi } from 'vitest'
import { liveAuthority } from './live-authority.ts'
import { clientOf, recorded, sourceOf } from './live-body.ts'

export const REVOKED = () => ({ revoked: true, delegationEpoch: 0 })
export const lastEvent = (code: string) => `event: caracal-end\ndata: {"code":"${code}"}\n\n`

/** A live response over a source of its own, and its client. */
export async function streaming(
  init: ResponseInit,
  {
    source = sourceOf(),
    ...options
  }: LiveResponseOptions & { readonly source?: ReturnType<typeof sourceOf> } = {},
) {
  const live = await liveAuthority()
  const record = recorded(live.authority)
  const response = liveResponse(new Response(source.stream as ReadableStream, init), record.watched, options)
  return { ...live, ...record, source, response, client: clientOf(response) }
}

/** What is left: timers, listeners. */
export const left = (record: { listeners(): number }) => [vi.getTimerCount(), record.listeners()]

export function fails(): never {
  throw new RangeError('hunter2')
}
