// The guard that jose's documentation leads to, as one writes it first. Its faults are what the checks must find.

import type { RevocationStore } from 'caracal-edge'
import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from 'jose'
import { refuse } from '../../../examples/jose-guard.ts'

interface Options {
  readonly issuer: string
  readonly audience: string
  readonly zoneId: string
  readonly keySetUrl: string
  readonly revocations: RevocationStore
  readonly requiredScopes?: readonly string[]
  readonly keySetTimeoutMs?: number
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
}

export function naiveGuard(handler: (request: Request, mandate: JWTPayload) => Response, options: Options) {
  const { issuer, audience, zoneId, revocations, requiredScopes = [] } = options
  const keys = createRemoteJWKSet(new URL(options.keySetUrl), {
    timeoutDuration: options.keySetTimeoutMs ?? 5_000,
    [customFetch]: options.fetch,
  })
  return async (request: Request): Promise<Response> => {
    const token = request.headers.get('authorization')?.replace(/^Bearer /i, '')
    if (!token) return refuse(401, 'missing_token', requiredScopes)
    try {
      const { payload } = await jwtVerify(token, keys, { issuer, audience, clockTolerance: 60 })
      if (payload.zone_id !== zoneId) return refuse(401, 'invalid_zone', requiredScopes)
      const scope = String(payload.scope)
      if (!requiredScopes.every((each) => scope.includes(each)))
        return refuse(403, 'insufficient_scope', requiredScopes)
      const { revoked } = await revocations.lookup({ anchors: [String(payload.sid)], zoneId: undefined })
      if (revoked) return refuse(401, 'session_revoked', requiredScopes)
      return handler(request, Object.freeze(payload))
    } catch {
      return refuse(401, 'invalid_token', requiredScopes)
    }
  }
}
