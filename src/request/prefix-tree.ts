// Path prefixes by their segments: finds the longest one that a path begins with.

import type { PathPrefix } from './path-prefix.ts'

interface Node<Value> {
  readonly children: Map<string, Node<Value>>
  value: Value | undefined
}

export class PrefixTree<Value> {
  readonly #root: Node<Value>
  readonly #otherwise: Value
  /** No longer segment can match, and hashing one would cost its length. */
  #longestSegment = 0

  /** @param otherwise for paths that begin with none of the prefixes */
  constructor(otherwise: Value) {
    this.#root = { children: new Map(), value: otherwise }
    this.#otherwise = otherwise
  }

  /** A prefix can be found as it reads and as a URL spells it. */
  set(prefix: PathPrefix, value: Value): void {
    this.update(prefix, () => value)
  }

  /** The same, for a value that depends on the one that is there. */
  update({ segments, encoded }: PathPrefix, valueAfter: (before: Value | undefined) => Value): void {
    for (const node of new Set([this.#nodeFor(segments), this.#nodeFor(encoded)])) {
      node.value = valueAfter(node.value)
    }
  }

  /** The value of the longest prefix that matches whole segments. */
  get(path: string): Value {
    return this.#walk(path).value
  }

  /** Whether a prefix matches all of the path. */
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

  #nodeFor(segments: readonly string[]): Node<Value> {
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
