// The signature of a stream message (protocol §5): HMAC-SHA256 over its fields in a canonical order.

/** Field name → value, as the message has them. */
export type StreamFields = ReadonlyMap<string, string>

const SIGNATURE_FIELD = '_sig'
const HEX_SHA256 = /^[0-9a-f]{64}$/

/** The bytes of a key in hexadecimal, or `undefined` unless there are 32 or more. */
export function streamKeyBytes(hex: string): Uint8Array<ArrayBuffer> | undefined {
  return /^([0-9a-f]{2}){32,}$/i.test(hex) ? bytesOf(hex) : undefined
}

export function importStreamKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
}

/** Whether the message was signed with the key. WebCrypto compares in constant time. */
export async function isSigned(key: CryptoKey, stream: string, fields: StreamFields): Promise<boolean> {
  const signature = fields.get(SIGNATURE_FIELD) ?? ''
  if (!HEX_SHA256.test(signature)) return false
  return crypto.subtle.verify(
    'HMAC',
    key,
    bytesOf(signature),
    new TextEncoder().encode(canonical(stream, fields)),
  )
}

/** The stream's name, then every field but the signature, sorted by name, each on a line. */
export function canonical(stream: string, fields: StreamFields): string {
  const names = [...fields.keys()].filter((name) => name !== SIGNATURE_FIELD).sort()
  return `${stream}\n${names.map((name) => `${name}=${fields.get(name)}\n`).join('')}`
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(hex.length / 2)
  for (const index of bytes.keys()) bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)
  return bytes
}
