// Which rules a request is held to, decided by its path alone. Compiled once; a lookup walks segments.

import type { PathPrefix } from '../config/path-prefixes.ts'
import { pathOf, readingsOf, readingsOfBoth } from './path-readings.ts'

/**
 * Request → the rules that hold there, or `undefined` where it is served without verification. Where a router has
 * read the path already, what it read counts besides the path as it came.
 */
export type PathPolicy<Rule> = (
  request: { readonly url: string },
  routedPath?: string,
) => readonly Rule[] | undefined

export interface Paths<Rule> {
  readonly defaultRule: Rule
  readonly routes: readonly { readonly prefix: PathPrefix; readonly rule: Rule }[]
  readonly exclude: readonly PathPrefix[]
}

/** A segment of the configured prefixes, and what applies from there down unless something longer does. */
interface Node<Rule> {
  readonly children: Map<string, Node<Rule>>
  verdict: Verdict<Rule> | undefined
}

/** Frozen lists of one, so that the usual request allocates nothing. */
type Verdict<Rule> = readonly Rule[] | 'excluded'

export function compilePathPolicy<Rule>({ defaultRule, routes, exclude }: Paths<Rule>): PathPolicy<Rule> {
  const byDefault = Object.freeze([defaultRule])
  // Some runtimes write the URL anew each time it is read. Where nothing depends on it, it is not.
  if (routes.length === 0 && exclude.length === 0) return () => byDefault

  const root: Node<Rule> = { children: new Map(), verdict: byDefault }
  for (const { prefix, rule } of routes) insert(root, prefix, Object.freeze([rule]))
  for (const prefix of exclude) insert(root, prefix, 'excluded')
  const everyRule = Object.freeze([defaultRule, ...routes.map(({ rule }) => rule)])

  return (request, routedPath) => {
    const path = pathOf(request.url)
    const readings =
      routedPath === undefined || routedPath === path ? readingsOf(path) : readingsOfBoth(path, routedPath)
    if (readings === undefined) return everyRule
    const [only] = readings
    if (readings.length === 1 && only !== undefined) {
      const verdict = verdictOn(root, only)
      return verdict === 'excluded' ? undefined : verdict
    }
    const rules = new Set(readings.flatMap((reading) => rulesIn(verdictOn(root, reading))))
    // Excluded only if every reading is: a single rule is enough to hold the request to it.
    return rules.size === 0 ? undefined : [...rules]
  }
}

function rulesIn<Rule>(verdict: Verdict<Rule>): readonly Rule[] {
  return verdict === 'excluded' ? [] : verdict
}

function insert<Rule>(root: Node<Rule>, { segments, encoded }: PathPrefix, verdict: Verdict<Rule>): void {
  for (const spelling of [segments, encoded]) {
    let node = root
    for (const segment of spelling) {
      let child = node.children.get(segment)
      if (child === undefined) {
        child = { children: new Map(), verdict: undefined }
        node.children.set(segment, child)
      }
      node = child
    }
    node.verdict = verdict
  }
}

/** What the longest prefix that matches whole segments says. */
function verdictOn<Rule>(root: Node<Rule>, path: string): Verdict<Rule> {
  let node = root
  let verdict: Verdict<Rule> = root.verdict ?? []
  let start = 1
  while (node.children.size > 0 && start <= path.length) {
    const slash = path.indexOf('/', start)
    const end = slash === -1 ? path.length : slash
    const child = node.children.get(path.slice(start, end))
    if (child === undefined) break
    node = child
    verdict = node.verdict ?? verdict
    start = end + 1
  }
  return verdict
}
