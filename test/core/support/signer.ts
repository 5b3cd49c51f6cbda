// Signs what the test issuer does not sign: any header text and payload.

import { createTestIssuer, type TestIssuer } from 'caracal-edge/testing'
import { base64url, exportJWK, generateKeyPair } from 'jose'

export interface Signer {
  /** The issuer's options, with this signer's key in place of the issuer's. */
  readonly options: TestIssuer['options']
  /** A compact JWS with a valid ES256 signature. */
  sign(payload: string | Uint8Array, header?: string): Promise<string>
}

/** The header that the STS writes, with this signer's key id. */
export const HEADER = { alg: 'ES256', typ: 'JWT', kid: 'signer-1' }

export async function createSigner(issuer: TestIssuer = createTestIssuer()): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: HEADER.kid, use: 'sig', alg: 'ES256' }
  return {
    options: { ...issuer.options, keySet: { jwks: { keys: [jwk] } } },
    async sign(payload, header = JSON.stringify(HEADER)) {
      const input = `${base64url.encode(header)}.${base64url.encode(payload)}`
      const bytes = new TextEncoder().encode(input)
      const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes)
      return `${input}.${base64url.encode(new Uint8Array(signature))}`
    },
  }
}
