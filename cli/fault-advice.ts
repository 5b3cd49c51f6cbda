// What to do about a fault of a pass or of a store.

import type { SyncReport } from 'caracal-edge/upstash'

type Fault = NonNullable<SyncReport['fault']>

const ADVICE: { readonly [fault in Fault]?: string } = {
  trimmed:
    'messages were cut before they were read. Guards refuse until no mandate can depend on them; run passes more often, or let the stream keep more',
  unverified:
    "messages have a signature that STREAMS_HMAC_KEY does not verify. Set it to the platform's key, or to the new and the older one with a comma; see caracal-edge sync --dead-letters",
  restarted:
    'this is the first pass, or Redis lost its data: nobody knows what was announced before. If nothing that matters was, run caracal-edge sync --give-up restarted',
  timeout: 'Redis did not answer in time: see that it is up and near',
  network: 'Redis cannot be reached: see that it is up, and that its address is right',
  status: 'Redis refused: see that the token or password is right, and may write',
  malformed: 'what answered is no Redis of the right kind: see that the address is right',
}

export function adviceFor(fault: Fault): string {
  return ADVICE[fault] ?? 'see the log of Redis'
}

/** As a line of its own. */
export function adviceSentence(fault: Fault): string {
  const text = adviceFor(fault)
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
