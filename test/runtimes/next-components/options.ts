// Issuer, zone and audience are in the environment, and the keys of the issuer too.

import { InMemoryRevocationStore } from 'caracal-edge'

const revocations = new InMemoryRevocationStore()

export function options() {
  const { KEYS } = process.env
  return { revocations, ...(KEYS !== undefined && { keySet: { jwks: JSON.parse(KEYS) } }) }
}
