// The signature of a stream message (protocol §5): HMAC-SHA256 over its fields in a canonical order.

import { digestOf } from '../lib/digest.ts'

/** The fields of a message: name → value. */
export type StreamFields = ReadonlyMap<string, string>

/** Which key a message was signed with: the current one, or the one before it. */
export type Signer = 'current' | 'older'

const SIGNATURE_FIELD = '_sig'
const HEX_SHA256 = /^[0-9a-f]{64}$/

/** The keys that messages may be signed with: one, or two during a rotation. */
export interface StreamKeys {
  readonly current: CryptoKey
  readonly older: CryptoKey | undefined
  /** Identifies the set of keys, in any order, without revealing anything about them. */
  readonly name: string
}

/** The bytes of a hexadecimal key, or `undefined` if it is malformed or shorter than 32 bytes. */
export function streamKeyBytes(hex: string): Uint8Array<ArrayBuffer> | undefined {
  return /^([0-9a-f]{2}){32,}$/i.test(hex) ? bytesOf(hex) : undefined
}

/** @param hex one or two valid keys: see {@link streamKeyBytes} */
export async function importStreamKeys([current, older]: readonly [string, string?]): Promise<StreamKeys> {
  const named = [current, older ?? ''].map((key) => key.toLowerCase()).sort()
  const digest = await digestOf(`caracal-edge stream keys ${named.join()}`)
  return {
    current: await importStreamKey(current),
    older: older === undefined ? undefined : await importStreamKey(older),
    name: digest.slice(0, 16),
  }
}

function importStreamKey(hex: string): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytesOf(hex), { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** Which of the keys the message was signed with, or `undefined` for neither. */
export async function signerOf(
  keys: StreamKeys,
  stream: string,
  fields: StreamFields,
): Promise<Signer | undefined> {
  if (!hasSignature(fields)) return undefined
  if (await isSigned(keys.current, stream, fields)) return 'current'
  return keys.older !== undefined && (await isSigned(keys.older, stream, fields)) ? 'older' : undefined
}

/** Whether the message has a signature in the right form, valid or not. */
export function hasSignature(fields: StreamFields): boolean {
  return HEX_SHA256.test(fields.get(SIGNATURE_FIELD) ?? '')
}

/** WebCrypto compares in constant time. */
function isSigned(key: CryptoKey, stream: string, fields: StreamFields): Promise<boolean> {
  const signature = bytesOf(fields.get(SIGNATURE_FIELD) ?? '')
  return crypto.subtle.verify('HMAC', key, signature, new TextEncoder().encode(canonical(stream, fields)))
}

/** The stream's name, then every field except the signature, sorted by name, one per line. */
export function canonical(stream: string, fields: StreamFields): string {
  const names = [...fields.keys()].filter((name) => name !== SIGNATURE_FIELD).sort()
  return `${stream}\n${names.map((name) => `${name}=${fields.get(name)}\n`).join('')}`
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2)
  for (const index of bytes.keys()) bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)
  return bytes
}
