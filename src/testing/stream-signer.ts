// Signs messages of the revocation streams, as the platform does (protocol §5), for tests of what reads them.

import { isPlainObject } from '../lib/own-member.ts'
import { typeOf } from '../lib/type-of.ts'
import { canonical, streamKeyBytes } from '../streams/signature.ts'

/**
 * The fields of a stream message, with the `_sig` that the platform would give it. Add them to the stream, and let
 * `syncRevocations` read it with the same key.
 *
 * @param stream its name, which is signed too: `caracal.sessions.revoke` or `caracal.delegations.invalidate`
 * @param fields the fields of the message, such as `zone_id` and `session_id`, or `zone_id` and `epoch`
 * @param hmacKey hex, 32 bytes or more: one of those in `hmacKey` or `STREAMS_HMAC_KEY`. Of a test, never a real one
 * @throws {TypeError} (rejects) naming the argument that is wrong
 * @example
 * ```ts
 * const stream = 'caracal.sessions.revoke'
 * const fields = await signStreamMessage(stream, { zone_id: 'zone-1', session_id: 'sid-7' }, hmacKey)
 * await redis.xadd(stream, '*', ...Object.entries(fields).flat())
 * await syncRevocations({ url, token, hmacKey })
 * ```
 */
export async function signStreamMessage<const Fields extends { readonly [name: string]: string }>(
  stream: string,
  fields: Fields,
  hmacKey: string,
): Promise<Fields & { readonly _sig: string }> {
  if (typeof stream !== 'string' || stream === '') {
    throw new TypeError(
      `stream must be the name of a stream, not ${stream === '' ? 'an empty text' : typeOf(stream)}`,
    )
  }
  if (!isPlainObject(fields)) throw new TypeError(`fields must be an object of texts, not ${typeOf(fields)}`)
  const entries = Object.entries(fields)
  for (const [name, value] of entries) {
    if (typeof value !== 'string')
      throw new TypeError(`fields.${name} must be a string, not ${typeOf(value)}`)
  }
  if (Object.hasOwn(fields, '_sig')) throw new TypeError('fields must not have _sig: it is what is computed')
  const bytes = typeof hmacKey === 'string' ? streamKeyBytes(hmacKey) : undefined
  if (bytes === undefined) {
    throw new TypeError("hmacKey must be a hexadecimal text of 32 bytes or more, such as 'ab'.repeat(32)")
  }
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const text = new TextEncoder().encode(canonical(stream, new Map(entries)))
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, text))
  return { ...fields, _sig: Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('') }
}
