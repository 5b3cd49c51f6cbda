// A tree of path prefixes by segment. Finds the longest prefix of a path.

import type { PathPrefix } from './path-prefix.ts'

interface TreeNode<Value> {
  readonly children: Map<string, TreeNode<Value>>
  value: Value | undefined
}

export class PrefixTree<Value> {
  readonly #root: TreeNode<Value>
  readonly #otherwise: Value
  /** A longer segment cannot match, so it is not hashed, which would take time in proportion to its length. */
  #longestSegment = 0

  /** @param otherwise the value for paths that match no prefix */
  constructor(otherwise: Value) {
    this.#root = { children: new Map(), value: otherwise }
    this.#otherwise = otherwise
  }

  /** Paths match the prefix in plain text and percent-encoded. */
  set(prefix: PathPrefix, value: Value): void {
    this.update(prefix, () => value)
  }

  /** The same, for a value that depends on the previous one. */
  update({ segments, encoded }: PathPrefix, valueAfter: (before: Value | undefined) => Value): void {
    for (const node of new Set([this.#nodeFor(segments), this.#nodeFor(encoded)])) {
      node.value = valueAfter(node.value)
    }
  }

  /** The value of the longest prefix that matches whole segments. */
  get(path: string): Value {
    return this.#walk(path).value
  }

  /** Whether a prefix matches the whole path. */
  isWhole(path: string): boolean {
    return this.#walk(path).isWhole
  }

  #walk(path: string): { readonly value: Value; readonly isWhole: boolean } {
    let node = this.#root
    let value = node.value ?? this.#otherwise
    let start = 1
    let isWhole = false
    while (node.children.size > 0 && start <= path.length) {
      const slash = path.indexOf('/', start)
      const end = slash === -1 ? path.length : slash
      if (end - start > this.#longestSegment) break
      const child = node.children.get(path.slice(start, end))
      if (child === undefined) break
      node = child
      value = node.value ?? value
      isWhole = node.value !== undefined && end === path.length
      start = end + 1
    }
    return { value, isWhole }
  }

  #nodeFor(segments: readonly string[]): TreeNode<Value> {
    let node = this.#root
    for (const segment of segments) {
      let child = node.children.get(segment)
      if (child === undefined) {
        child = { children: new Map(), value: undefined }
        node.children.set(segment, child)
      }
      node = child
      this.#longestSegment = Math.max(this.#longestSegment, segment.length)
    }
    return node
  }
}
