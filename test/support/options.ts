// Every option of a guard, with its default as docs/options.md writes it.

import type { CaracalOptions } from 'caracal-edge'

/** Does not compile if the public type has an option that this list lacks, or the other way round. */
export const OPTIONS: { readonly [Name in keyof CaracalOptions]-?: string } = {
  audience: '`CARACAL_AUDIENCE`',
  revocations: 'required, except in `caracal()`',
  issuer: '`CARACAL_STS_URL`',
  expectedZoneId: '`CARACAL_ZONE_ID`',
  requiredScopes: '`[]`',
  requiredTargets: '`[]`',
  requiredUse: "`'resource'`",
  maxLifetimeSeconds: '`86400`',
  requireAgent: '`false`',
  requireDelegation: '`false`',
  requireChainContains: '`[]`',
  maxHopCount: '`10`',
  routes: '`{}`',
  exclude: '`[]`',
  storeTimeoutMs: '`5000`',
  clockToleranceSeconds: '`60`',
  keySet: '',
  resourceMetadata: '',
  credentialHeader: "`'Authorization'`",
  verifiedTokenCache: '`{ maxEntries: 1000 }`',
  websocketDenial: "`'close'` on Workers, else `'http'`",
  onDecision: '',
}
