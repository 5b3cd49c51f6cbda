// The names of other connectors, as docs/moving-over.md has them: each is a mistake that says what was meant.

import { CaracalConfigError, InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { expect, it } from 'vitest'

it.each([
  ['expected_zone_id', 'expectedZoneId'],
  ['zoneId', 'expectedZoneId'],
  ['required_scopes', 'requiredScopes'],
  ['required_targets', 'requiredTargets'],
  ['required_use', 'requiredUse'],
  ['require_agent', 'requireAgent'],
  ['require_session', 'requireAgent'],
  ['requireSession', 'requireAgent'],
  ['require_delegation', 'requireDelegation'],
  ['require_chain_contains', 'requireChainContains'],
  ['max_hop_count', 'maxHopCount'],
])('%s is %s here', (other, name) => {
  const options = { revocations: new InMemoryRevocationStore(), [other]: [] }
  const build = () => withCaracal(() => new Response(), options)
  expect(build).toThrow(CaracalConfigError)
  expect(build).toThrow(`Unknown option "${other}". Did you mean "${name}"?`)
})
