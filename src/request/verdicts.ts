// What applies at a prefix, by method.

import { includesMethod, type Methods } from './methods.ts'

/** The rules that apply, or that the path is excluded. Lists are made once, so that most requests allocate nothing. */
export type Verdict<Rule> = readonly Rule[] | 'excluded'

/** What one key says. */
interface KeyVerdict<Rule> {
  readonly methods: Methods
  readonly value: Rule | 'excluded'
}

export class Verdicts<Rule> {
  readonly #keys: KeyVerdict<Rule>[] = []
  /** Of the methods that a key names. Compiled when it is first needed, because keys come one by one. */
  #named: ReadonlyMap<string, Verdict<Rule> | undefined> | undefined
  #others: Verdict<Rule> | undefined

  add(methods: Methods, value: Rule | 'excluded'): void {
    this.#keys.push({ methods, value })
    this.#named = undefined
  }

  /** `undefined` where nothing is for the method. */
  get(method: string): Verdict<Rule> | undefined {
    const named = this.#named ?? this.#compile()
    return named.has(method) ? named.get(method) : this.#others
  }

  #compile(): ReadonlyMap<string, Verdict<Rule> | undefined> {
    const names = new Set(this.#keys.flatMap(({ methods }) => [...methods.names]))
    const verdictOn = (method: string) =>
      verdictOf(this.#keys.filter(({ methods }) => includesMethod(methods, method)))
    this.#others = verdictOf(this.#keys.filter(({ methods }) => methods.isAllBut))
    this.#named = new Map(Array.from(names, (name) => [name, verdictOn(name)]))
    return this.#named
  }
}

/** A configuration in which both would apply is refused. Should there be one, the rules prevail. */
function verdictOf<Rule>(keys: readonly KeyVerdict<Rule>[]): Verdict<Rule> | undefined {
  const rules = keys.flatMap(({ value }) => (value === 'excluded' ? [] : [value]))
  if (rules.length > 0) return Object.freeze(rules)
  return keys.length > 0 ? 'excluded' : undefined
}
