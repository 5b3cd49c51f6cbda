// A key set that counts how often it is fetched.

import type { TestIssuer } from 'caracal-edge/testing'
import { vi } from 'vitest'

export function countedKeySet(issuer: TestIssuer) {
  return { fetch: vi.fn(async (url: string, init: RequestInit) => issuer.handler(new Request(url, init))) }
}
