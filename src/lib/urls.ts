// Checks of the URLs in a configuration. Whether a plain `http:` one is allowed is decided in insecure-urls.ts.

import { type Check, identifier, type Reporter } from './checks.ts'

/** The issuer or a database: a URL to which paths are appended. The result has no slash at its end. */
export const serviceUrl: Check<string> = (value, report) => {
  const url = urlIn(value, report)
  if (url === undefined) return undefined
  if (/[?#]/.test(url.text)) report('must not contain a query or fragment')
  else if (url.pathname.includes('/.well-known/')) report('must end before /.well-known')
  else return url.text.replace(/\/+$/, '')
  return undefined
}

/** The complete URL of a document. */
export const documentUrl: Check<string> = (value, report) => {
  const url = urlIn(value, report)
  if (url === undefined) return undefined
  if (!url.text.includes('#')) return url.href
  report('must not contain a fragment')
  return undefined
}

interface ParsedUrl {
  /** As it was written. */
  readonly text: string
  readonly href: string
  readonly pathname: string
}

function urlIn(value: unknown, report: Reporter): ParsedUrl | undefined {
  const text = identifier(value, report)
  if (text === undefined) return undefined
  if (/^rediss?:/i.test(text)) {
    report(
      "must begin with https://: redis:// and rediss:// are for clients over TCP. Use the database's REST URL, or RedisRevocationStore with a client",
    )
    return undefined
  }
  const url = /^https?:\/\//i.test(text) ? parsed(text) : undefined
  if (url === undefined) {
    report('must be a complete URL that begins with https:// (or http:// for a loopback host)')
  } else if (url.username !== '' || url.password !== '')
    report('must be an https: URL without a user name or password')
  else return { text, href: url.href, pathname: url.pathname }
  return undefined
}

/** Not with `URL.canParse`: that of Node 20, once it is compiled, refuses what has a letter such as `ü`. */
function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
