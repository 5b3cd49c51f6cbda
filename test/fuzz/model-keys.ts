// Which key of a served key set verifies a mandate (protocol §2), restated as simply as possible.

import { asObject, bytesOf, type Members, objectIn } from './model-token.ts'

/** The key, or that the set has none with this id, or that this cannot be known. */
export type Found = Members | 'none' | 'unavailable'

/** @param body what the issuer answered with status 200, or `undefined` where it did not */
export function keyIn(body: string | undefined, kid: string): Found {
  if (body === undefined || Buffer.byteLength(body) > 262_144) return 'unavailable'
  // A byte order mark is dropped, as the Fetch Standard reads JSON.
  const keys = objectIn(Buffer.from(body.replace(/^\ufeff/, '')))?.keys
  if (!Array.isArray(keys) || keys.some((key) => asObject(key) === undefined)) return 'unavailable'
  const own = keys.filter(isForMandates)
  // A set without any key for mandates says nothing about them. A key without an id might be one.
  const isSound = (key: Members) => !isNamed(key) || sole(own, key.kid) !== 'unavailable'
  return own.some(isSound) ? sole(own, kid) : 'unavailable'
}

function isNamed({ kid }: Members): boolean {
  return typeof kid === 'string' && kid !== ''
}

/** The same key twice is one. */
function sole(keys: readonly Members[], kid: unknown): Found {
  const candidates = keys.filter((key) => key.kid === kid)
  const [first] = candidates
  if (first === undefined) return 'none'
  const isOne = candidates.every((key) => ['x', 'y', 'd'].every((name) => Object.is(key[name], first[name])))
  return isOne && first.d === undefined && isPoint(first) ? first : 'unavailable'
}

/** For ES256 signatures, as far as the key says what it is for. */
function isForMandates({ kty, crv, use, alg, key_ops: operations }: Members): boolean {
  if (kty !== 'EC' || crv !== 'P-256') return false
  if (use !== undefined && use !== 'sig') return false
  if (alg !== undefined && alg !== 'ES256') return false
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'))
}

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** y² = x³ − 3x + b. */
function isPoint({ x, y }: Members): boolean {
  const [one, other] = [integerIn(x), integerIn(y)]
  if (one === undefined || other === undefined || one >= P || other >= P) return false
  return (other * other - (one * one * one - 3n * one + B)) % P === 0n
}

function integerIn(coordinate: unknown): bigint | undefined {
  const bytes = typeof coordinate === 'string' ? bytesOf(coordinate) : undefined
  return bytes?.length === 32 ? BigInt(`0x${bytes.toString('hex')}`) : undefined
}
