// A tree of path prefixes by segment. Finds the longest prefix of a path that has a verdict for a method.

import type { PathKey } from './path-key.ts'
import { type Verdict, Verdicts } from './verdicts.ts'

interface TreeNode<Rule> {
  readonly children: Map<string, TreeNode<Rule>>
  /** For the path and everything below it. */
  below: Verdicts<Rule> | undefined
  /** For the path itself. */
  exact: Verdicts<Rule> | undefined
}

export class PrefixTree<Rule> {
  readonly #root: TreeNode<Rule> = newNode()
  readonly #otherwise: Verdict<Rule>
  /** A longer segment cannot match, so it is not hashed, which would take time in proportion to its length. */
  #longestSegment = 0

  /** @param otherwise the verdict for paths that match no prefix */
  constructor(otherwise: Verdict<Rule>) {
    this.#otherwise = otherwise
  }

  /** Paths match the prefix in plain text and percent-encoded. */
  add({ prefix, methods }: PathKey, value: Rule | 'excluded', isExact = false): void {
    for (const node of new Set([this.#nodeFor(prefix.segments), this.#nodeFor(prefix.encoded)])) {
      const place = isExact ? 'exact' : 'below'
      node[place] ??= new Verdicts()
      node[place].add(methods, value)
    }
  }

  /** The verdict of the longest prefix that matches whole segments and has one for the method. */
  get(path: string, method: string): Verdict<Rule> {
    return this.#walk(path, method).verdict
  }

  /** Whether that prefix is the whole path. */
  isWhole(path: string, method: string): boolean {
    return this.#walk(path, method).isWhole
  }

  #walk(path: string, method: string): { readonly verdict: Verdict<Rule>; readonly isWhole: boolean } {
    let node = this.#root
    let verdict = node.below?.get(method) ?? this.#otherwise
    let start = 1
    let isWhole = false
    while (node.children.size > 0 && start <= path.length) {
      const slash = path.indexOf('/', start)
      const end = slash === -1 ? path.length : slash
      if (end - start > this.#longestSegment) break
      const child = node.children.get(path.slice(start, end))
      if (child === undefined) break
      node = child
      const isEnd = end === path.length
      const own = (isEnd ? node.exact?.get(method) : undefined) ?? node.below?.get(method)
      verdict = own ?? verdict
      isWhole = own !== undefined && isEnd
      start = end + 1
    }
    return { verdict, isWhole }
  }

  #nodeFor(segments: readonly string[]): TreeNode<Rule> {
    let node = this.#root
    for (const segment of segments) {
      let child = node.children.get(segment)
      if (child === undefined) {
        child = newNode()
        node.children.set(segment, child)
      }
      node = child
      this.#longestSegment = Math.max(this.#longestSegment, segment.length)
    }
    return node
  }
}

function newNode<Rule>(): TreeNode<Rule> {
  return { children: new Map(), below: undefined, exact: undefined }
}
