// The URL of a zone's key set (protocol §2): below the issuer, or as configured.

/** @param configured the option `keySet.url`. Its query is completed as text, so that the rest of it stays as it is. */
export function keySetUrl(issuer: string, zoneId: string, configured: string | undefined): string {
  const url = configured ?? `${issuer}/.well-known/jwks.json`
  if (zonesIn(url).length > 0) return url
  const separator = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&'
  return new URL(`${url}${separator}zone_id=${encodeURIComponent(zoneId)}`).href
}

/** The zones that the URL of a key set names itself. */
export function zonesIn(url: string): readonly string[] {
  return new URL(url).searchParams.getAll('zone_id')
}
