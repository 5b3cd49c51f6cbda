// Models of what routers do to a path before they match it: slow, simple, and independent of the guard's code.

/** A step of a router on the way from the path in the URL to the path it matches. */
export type Step = (path: string) => string

/** A decoder that keeps a path that it cannot decode. */
function unless(step: Step): Step {
  return (path) => {
    try {
      return step(path)
    } catch {
      return path
    }
  }
}

export const STEPS: Readonly<Record<string, Step>> = {
  decodeURIComponent: unless(decodeURIComponent),
  decodeURI: unless(decodeURI),
  'decodeURIComponent, segment by segment': (path) => path.split('/').map(STEP_OF_SEGMENT).join('/'),
  'percent-decoding of bytes (URL Standard)': lenientDecode,
  'one slash for several': (path) => path.split(/\/+/).join('/'),
  'no parameters': (path) =>
    path
      .split('/')
      .map((segment) => segment.split(';')[0])
      .join('/'),
  'slashes for backslashes': (path) => path.split('\\').join('/'),
  'another URL parser': (path) => new URL(`http://h${path.startsWith('/') ? path : `/${path}`}`).pathname,
  'dots resolved': (path) => {
    const kept: string[] = []
    for (const segment of path.split('/').slice(1)) {
      if (segment === '..') kept.pop()
      else if (segment !== '.') kept.push(segment)
    }
    return `/${kept.join('/')}`
  },
}

const STEP_OF_SEGMENT = unless(decodeURIComponent)

/** Decodes every escape to its byte; bytes that are not UTF-8 become U+FFFD. */
function lenientDecode(path: string): string {
  const parts = path.split(/(%[0-9a-f]{2})/i).map((part, index) => {
    return index % 2 === 1 ? [Number.parseInt(part.slice(1), 16)] : [...new TextEncoder().encode(part)]
  })
  return new TextDecoder().decode(new Uint8Array(parts.flat()))
}

/** The longest prefix whose segments the path begins with, in plain text or percent-encoded. */
export function longestPrefix(path: string, prefixes: readonly string[]): string | undefined {
  const segments = path.slice(1).split('/')
  const matching = prefixes.filter((prefix) =>
    [prefix, new URL(`http://h${prefix}`).pathname].some((spelling) =>
      segmentsOf(spelling).every((segment, index) => segment === segments[index]),
    ),
  )
  return matching.sort((one, other) => segmentsOf(other).length - segmentsOf(one).length)[0]
}

export function segmentsOf(prefix: string): readonly string[] {
  return prefix.split('/').filter((segment) => segment !== '')
}

/** Whether the path is the prefix or below it. */
export function isBelow(prefix: string, path: string): boolean {
  return prefix === '/' || path === prefix || path.startsWith(`${prefix}/`)
}
