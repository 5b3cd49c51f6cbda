// What the messages of the revocation streams mean (protocol §5), restated as simply as possible.

import { createHmac, timingSafeEqual } from 'node:crypto'

export type Pairs = readonly (readonly [name: string, value: string])[]

/** What a message does: it marks these anchors, raises this epoch, or is dead-lettered for this reason. */
export type Fate =
  | { readonly anchors: readonly string[] }
  | { readonly zone: string; readonly epoch: bigint }
  | { readonly buried: string }

const ANCHORS = ['session_id', 'sid', 'root_sid', 'agent_session_id', 'delegation_edge_id']

export function fateOf(stream: string, pairs: Pairs, hexKey: string): Fate {
  const names = pairs.map(([name]) => name)
  if (names.some((name, at) => names.indexOf(name) !== at)) return { buried: 'invalid_signature' }
  const said = (name: string) => pairs.find(([other]) => other === name)?.[1] ?? ''
  if (!isSame(said('_sig'), signatureOf(stream, pairs, hexKey))) return { buried: 'invalid_signature' }
  if (stream === 'caracal.sessions.revoke') {
    const anchors = ANCHORS.map(said).filter((anchor) => anchor !== '')
    return anchors.length > 0 ? { anchors } : { buried: 'missing_revocation_anchor' }
  }
  const [zone, epoch] = [said('zone_id'), said('epoch')]
  const isEpoch = /^[0123456789]+$/.test(epoch) && epoch.length <= 40
  return zone !== '' && isEpoch ? { zone, epoch: BigInt(epoch) } : { buried: 'invalid_delegation_epoch' }
}

export function signatureOf(stream: string, pairs: Pairs, hexKey: string): string {
  const lines = pairs.filter(([name]) => name !== '_sig').sort(([one], [other]) => (one < other ? -1 : 1))
  const text = `${stream}\n${lines.map(([name, value]) => `${name}=${value}\n`).join('')}`
  return createHmac('sha256', Buffer.from(hexKey, 'hex')).update(text).digest('hex')
}

function isSame(one: string, other: string): boolean {
  const [bytes, others] = [Buffer.from(one), Buffer.from(other)]
  return bytes.length === others.length && timingSafeEqual(bytes, others)
}
