// Plain `http:` URLs: on a loopback host always, elsewhere only if the environment allows them (protocol §2).

import { isExactly } from './environment.ts'

const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/** Whether what is sent to this URL can be read or changed on its way. */
export function isInsecure(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol !== 'https:' && !LOOPBACK.test(hostname)
}

export const MUST_BE_SECURE =
  'must be an https: URL; http: is allowed for localhost, 127.0.0.0/8 and [::1] only'

/** A URL, and its name in messages. */
export interface NamedUrl {
  readonly name: string
  readonly url: string | undefined
}

/**
 * Adds an issue for each insecure URL, unless the environment allows them. Then their hosts are noted for the warning.
 * @param bindings where the variable is read first, the same as for the URLs themselves
 */
export function refuseInsecureUrls(urls: readonly NamedUrl[], bindings: unknown, issues: string[]): void {
  for (const { name, url } of urls) {
    if (url === undefined || !isInsecure(url)) continue
    if (isExactly('true', bindings, 'CARACAL_ALLOW_INSECURE_CONFIG_URLS')) note(new URL(url).host)
    else issues.push(`${name} ${MUST_BE_SECURE}, or if CARACAL_ALLOW_INSECURE_CONFIG_URLS is exactly 'true'`)
  }
}

/** Those that this isolate has been warned of, or will be. */
const noted = new Set<string>()
const unwarned = new Set<string>()

function note(host: string): void {
  if (noted.has(host)) return
  noted.add(host)
  unwarned.add(host)
  // A guard warns as soon as it is built, of its store too. This is for a store without a guard.
  queueMicrotask(warnOfInsecureUrls)
}

/** Warns of all hosts that were noted since the last time, so that the parts of a guard lead to one warning. */
export function warnOfInsecureUrls(): void {
  if (unwarned.size === 0) return
  console.warn(
    `caracal-edge: CARACAL_ALLOW_INSECURE_CONFIG_URLS is 'true', and these hosts are reached without TLS: ${[...unwarned].join(', ')}. Whoever controls the network between can forge keys and hide revocations`,
  )
  unwarned.clear()
}
