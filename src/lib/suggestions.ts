// Which option was meant by a name that none has. For messages only.

/** Names from other connectors, from claims and from habit, as letters only. */
const OTHER_NAMES: { readonly [letters: string]: readonly string[] } = {
  requiresession: ['requireAgent'],
  sessionrequired: ['requireAgent'],
  requireagentsession: ['requireAgent'],
  scope: ['requiredScopes'],
  scopes: ['requiredScopes'],
  targets: ['requiredTargets'],
  use: ['requiredUse'],
  agent: ['requireAgent'],
  delegated: ['requireDelegation'],
  delegation: ['requireDelegation'],
  permissions: ['requiredScopes'],
  roles: ['requiredScopes'],
  maxhops: ['maxHopCount'],
  hops: ['maxHopCount'],
  hopcount: ['maxHopCount'],
  zone: ['expectedZoneId', 'zoneId'],
  zoneid: ['expectedZoneId', 'zoneId'],
  zones: ['expectedZoneId'],
  aud: ['audience'],
  resource: ['audience'],
  iss: ['issuer'],
  sts: ['issuer'],
  stsurl: ['issuer'],
  store: ['revocations'],
  revocationstore: ['revocations'],
  redis: ['revocations', 'command'],
  client: ['command'],
  sendcommand: ['command'],
  keyprefix: ['revocations'],
  defaultttlms: ['revocations'],
  maxsyncagems: ['revocations'],
  jwks: ['keySet'],
  jwksuri: ['keySet', 'url'],
  jwksurl: ['keySet', 'url'],
  keys: ['keySet', 'jwks'],
  maxagems: ['keySet'],
  maxstalems: ['keySet'],
  cooldown: ['cooldownMs', 'keySet'],
  cooldownms: ['keySet'],
  fetch: ['keySet'],
  paths: ['routes'],
  public: ['exclude'],
  publicpaths: ['exclude'],
  skip: ['exclude'],
  skippaths: ['exclude'],
  excludepaths: ['exclude'],
  unless: ['exclude'],
  ignore: ['exclude'],
  clockskew: ['clockToleranceSeconds'],
  clockskewseconds: ['clockToleranceSeconds'],
  clocktolerance: ['clockToleranceSeconds'],
  leeway: ['clockToleranceSeconds'],
  maxlifetime: ['maxLifetimeSeconds'],
  cache: ['verifiedTokenCache', 'maxAgeMs'],
  maxage: ['maxAgeMs'],
  timeout: ['timeoutMs', 'storeTimeoutMs'],
  timeoutms: ['storeTimeoutMs'],
  ttl: ['defaultTtlMs'],
  ttlms: ['defaultTtlMs'],
  prefix: ['keyPrefix'],
  header: ['credentialHeader'],
  metadata: ['resourceMetadata'],
  origins: ['allowedOrigins'],
  cors: ['allowedOrigins'],
  onevent: ['onDecision'],
  ondeny: ['onDecision'],
  onerror: ['onDecision'],
  secret: ['hmacKey'],
  hmac: ['hmacKey'],
  key: ['hmacKey', 'keySet'],
}

/** The known name that was probably meant, or `undefined`. Case, underscores and a slip or two do not count. */
export function meantBy(name: string, known: readonly string[]): string | undefined {
  const letters = lettersIn(name)
  const other = Object.hasOwn(OTHER_NAMES, letters) ? (OTHER_NAMES[letters] ?? []) : []
  const slips = letters.length < 5 ? 1 : 2
  return (
    known.find((one) => lettersIn(one) === letters) ??
    other.find((one) => known.includes(one)) ??
    known.find(
      (one) => Math.abs(one.length - letters.length) <= slips && distance(lettersIn(one), letters) <= slips,
    )
  )
}

function lettersIn(name: string): string {
  return name
    .slice(0, 40)
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase()
}

/** How many letters have to be added, left out or replaced to get from one name to the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1]
    for (const [index, otherLetter] of [...other].entries()) {
      const replaced = (row[index] ?? 0) + (letter === otherLetter ? 0 : 1)
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
