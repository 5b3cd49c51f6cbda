// Changes to the two integers of an ES256 signature.

import { createHash } from 'node:crypto'

/** The order of the P-256 group. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

type Change = (signature: Buffer) => Buffer

const half = (signature: Buffer) => signature.length / 2
const rOf = (signature: Buffer) => signature.subarray(0, half(signature))
const sOf = (signature: Buffer) => signature.subarray(half(signature))
const toInteger = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`)
const toBytes = (integer: bigint) => Buffer.from(integer.toString(16).padStart(64, '0'), 'hex')
const pair = (r: bigint, s: bigint) => Buffer.concat([toBytes(r), toBytes(s)])

export const ecdsaTricks: Readonly<Record<string, Change>> = {
  zeros: () => pair(0n, 0n),
  r1s0: () => pair(1n, 0n),
  r0s1: () => pair(0n, 1n),
  r1s1: () => pair(1n, 1n),
  rn: (signature) => pair(N, toInteger(sOf(signature))),
  sn: (signature) => pair(toInteger(rOf(signature)), N),
  rnsn: () => pair(N, N),
  // Fixed, but arbitrary.
  random: () => createHash('sha512').update('not a signature').digest(),
  malleate: (signature) => pair(toInteger(rOf(signature)), N - toInteger(sOf(signature))),
  der: (signature) => derSequence(derInteger(rOf(signature)), derInteger(sOf(signature))),
  len32: (signature) => signature.subarray(0, 32),
  len63: (signature) => signature.subarray(0, 63),
  len65: (signature) => Buffer.concat([signature, Buffer.alloc(1)]),
  len96: (signature) => Buffer.concat([Buffer.alloc(16), rOf(signature), Buffer.alloc(16), sOf(signature)]),
}

/** Short lengths only, which is all that a P-256 signature needs. */
function derSequence(...items: readonly Buffer[]): Buffer {
  const body = Buffer.concat(items)
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

function derInteger(bytes: Buffer): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const trimmed = start < 0 ? Buffer.of(0) : bytes.subarray(start)
  const negative = (trimmed[0] ?? 0) >= 0x80
  const body = negative ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed
  return Buffer.concat([Buffer.of(0x02, body.length), body])
}
