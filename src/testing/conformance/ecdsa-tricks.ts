// Changes to the two integers of an ES256 signature.

import { type Bytes, joined } from './bytes.ts'

/** The order of the P-256 group. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

type Change = (signature: Bytes) => Bytes

const half = (signature: Bytes) => signature.length / 2
const rOf = (signature: Bytes) => signature.subarray(0, half(signature))
const sOf = (signature: Bytes) => signature.subarray(half(signature))
const pair = (r: bigint, s: bigint) => joined(toBytes(r), toBytes(s))

export const ecdsaTricks: { readonly [word: string]: Change } = {
  zeros: () => pair(0n, 0n),
  r1s0: () => pair(1n, 0n),
  r0s1: () => pair(0n, 1n),
  r1s1: () => pair(1n, 1n),
  rn: (signature) => pair(N, toInteger(sOf(signature))),
  sn: (signature) => pair(toInteger(rOf(signature)), N),
  rnsn: () => pair(N, N),
  // Fixed, but arbitrary.
  random: () => Uint8Array.from({ length: 64 }, (_, index) => (index * 37 + 11) % 256),
  malleate: (signature) => pair(toInteger(rOf(signature)), N - toInteger(sOf(signature))),
  der: (signature) => derSequence(derInteger(rOf(signature)), derInteger(sOf(signature))),
  len32: (signature) => signature.subarray(0, 32),
  len63: (signature) => signature.subarray(0, 63),
  len65: (signature) => joined(signature, new Uint8Array(1)),
  len96: (signature) => joined(new Uint8Array(16), rOf(signature), new Uint8Array(16), sOf(signature)),
}

function toInteger(bytes: Bytes): bigint {
  return bytes.reduce((integer, byte) => integer * 256n + BigInt(byte), 0n)
}

function toBytes(integer: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((integer >> BigInt(8 * (31 - index))) & 0xffn))
}

/** Short lengths only, which is all that a P-256 signature needs. */
function derSequence(...items: readonly Bytes[]): Bytes {
  const body = joined(...items)
  return joined(Uint8Array.of(0x30, body.length), body)
}

function derInteger(bytes: Bytes): Bytes {
  const start = bytes.findIndex((byte) => byte !== 0)
  const trimmed = start < 0 ? Uint8Array.of(0) : bytes.subarray(start)
  const negative = (trimmed[0] ?? 0) >= 0x80
  const body = negative ? joined(Uint8Array.of(0), trimmed) : trimmed
  return joined(Uint8Array.of(0x02, body.length), body)
}
